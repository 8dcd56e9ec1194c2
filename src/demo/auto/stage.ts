import { setTimeout as delay } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import type { UiClient } from '../ui-client.ts'
import { wordsOf, type UiMessage } from '../ui/shapes.ts'
import type { QueueEye } from './queue-eye.ts'
import type { Query, Records } from './records.ts'

export interface AutoPlay {
  readonly ui: UiClient
  /** The Redis that the estate runs on. */
  readonly redis: Redis
  /** Spillway's own database. */
  readonly query: Query
  /** Makes the provider behind the failing queue answer again. */
  readonly heal: () => void
  readonly log: (line: string) => void
}

export interface Scene extends AutoPlay {
  readonly queue: QueueEye
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
export async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const seen = await look()
    if (seen !== null) return seen
    if (performance.now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s for ${what}`)
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
