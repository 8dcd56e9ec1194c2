import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import { ACTION_IDS } from '../../slack/action-ids.ts'
import type { Estate } from '../estate.ts'
import type { UiClient } from '../ui-client.ts'
import { findElement, wordsOf, type UiMessage } from '../ui/shapes.ts'
import type { QueueEye } from './queue-eye.ts'
import type { Query, Records } from './records.ts'
import type { TrailAccess } from './trail-access.ts'

export interface AutoPlay {
  /** The page, as the operator. */
  readonly ui: UiClient
  /** The page, as somebody who may approve what the operator asks for. */
  readonly lead: UiClient
  /** The page, as somebody without a role. */
  readonly viewer: UiClient
  /** The Redis that the estate runs on. */
  readonly redis: Redis
  /** Spillway's own database. */
  readonly query: Query
  /** The sample platform: what is behind its queues fails and recovers as it is told. */
  readonly estate: Estate
  /** Everything that verifies the audit trail, without the bot. */
  readonly trail: TrailAccess
  readonly log: (line: string) => void
}

export interface Scene extends AutoPlay {
  /** The queue of the first incident. */
  readonly queue: QueueEye
  /** Any other queue, as Redis has it. */
  readonly eyeOf: (queue: string) => QueueEye
  readonly records: Records
}

/** What a step brings: its result, and a line for the transcript. */
export type Outcome<T> = readonly [T, string]

/** The incident with its room, as far as it has come. */
export interface Room {
  readonly incidentId: string
  readonly channel: string
  readonly headlineTs: string
}

const PATIENCE_MS = 40_000
export const LOOK_MS = 100

/** Looks until there is something to see; throws with what was waited for, and what was there instead. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const seen = await look()
    if (seen !== null) return seen
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}`)
    await delay(LOOK_MS)
  }
}

export const holdsTrue = async (condition: Promise<boolean>): Promise<true | null> =>
  (await condition) ? true : null

/** Throws `otherwise` unless the condition holds. */
export function expectThat(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise)
}

/** The headline once it is as wanted. */
export const headlineWith = (
  { ui }: Scene,
  { channel, headlineTs }: Room,
  isIt: (message: UiMessage) => boolean,
  what: string,
): Promise<UiMessage> =>
  ui.waitForMessage(channel, (message) => message.ts === headlineTs && isIt(message), what)

/** Opens a preview, gives the reason in it, and confirms it. Looks before it opens: a preview can be very quick. */
export async function submitReason(
  ui: UiClient,
  open: () => Promise<unknown>,
  reason: string,
  what: string,
): Promise<void> {
  await untilSettled(ui)
  const before = ui.openModal()?.id
  await open()
  await ui.waitForModal(
    ({ id, blocks }) =>
      id !== before && blocks.some(({ element }) => element?.action_id === ACTION_IDS.reason),
    `${what}, with a field for the reason`,
  )
  await ui.submitModal({ [ACTION_IDS.reason]: reason })
}

/** A window that still waits for its outcome would be drawn over the next one. */
async function untilSettled(ui: UiClient): Promise<void> {
  if (ui.openModal() === null) return
  const isSettled = (view: object): boolean => !JSON.stringify(view).includes('hourglass')
  await ui.waitForModal(isSettled, 'the outcome in the window before')
}

/** The latest message with this button. */
export const cardWith = (
  ui: UiClient,
  channel: string,
  actionId: string,
  what: string,
): Promise<UiMessage> =>
  ui.waitForMessage(channel, (message) => findElement(message, actionId) !== null, what)

/** Types a command and gives the words of the first answer that fits. */
export async function ask(
  { ui }: Scene,
  channel: string,
  [command, text]: readonly [string, string],
  isIt: (words: string) => boolean,
): Promise<string> {
  const before = ui.messages(channel).at(-1)?.ts ?? ''
  await ui.runCommand(channel, command, text)
  const answer = await ui.waitForMessage(
    channel,
    (message) => message.ts > before && isIt(wordsOf(message)),
    `an answer to ${command} ${text}`,
  )
  return wordsOf(answer)
}
