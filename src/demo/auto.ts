import { approve, refusals, request, undo } from './auto/approval-steps.ts'
import { pauseMany, undoMany } from './auto/bulk-steps.ts'
import { acknowledge, alertArrives, allClear, roomOpens } from './auto/incident-steps.ts'
import { queueEye } from './auto/queue-eye.ts'
import { failed, holds, pause, resume, status } from './auto/queue-steps.ts'
import { recordsOf } from './auto/records.ts'
import { canary, promote, setAside, verified } from './auto/replay-steps.ts'
import type { AutoPlay, Outcome, Room, Scene } from './auto/stage.ts'
import { anchored, audit, rewrite, tamper } from './auto/trail-steps.ts'
import { failures, putBack, quarantine } from './auto/vault-steps.ts'
import { BANK_QUEUE, TROUBLE_QUEUE } from './estate-queues.ts'
import { slowBank } from './trouble.ts'

type Step = <T>(title: string, run: () => Promise<Outcome<T>>) => Promise<T>

/**
 * Plays the people on call, each step checked against Redis and the database, never against what Spillway says
 * of itself alone: an incident from alert to all-clear, its failed jobs into the vault, once mended in waves back
 * into the queue, then what one person may not decide, many queues at once, and the audit trail. Returns the transcript; throws with the step and what was wrong at the first
 * that fails.
 */
export async function playOnCall(play: AutoPlay): Promise<readonly string[]> {
  const eyeOf = (queue: string) => queueEye(play.redis, queue)
  const scene = { ...play, eyeOf, queue: eyeOf(TROUBLE_QUEUE), records: recordsOf(play.query) }
  const transcript: string[] = []
  const startedAt = performance.now()
  const step: Step = async (title, run) => {
    try {
      const [result, words] = await run()
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)
      const line = `✓ ${seconds} s  ${title.padEnd(12)} ${words}`
      transcript.push(line)
      play.log(line)
      return result
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`✗ ${title}: ${words}`, { cause })
    }
  }
  await playIncident(scene, step)
  await playApproval(scene, step)
  return transcript
}

async function playIncident(scene: Scene, step: Step): Promise<void> {
  const incident = await step('alert', () => alertArrives(scene, TROUBLE_QUEUE))
  const room = await step('room', () => roomOpens(scene, TROUBLE_QUEUE, incident))
  await step('status', () => status(scene, room))
  await step('failed', () => failed(scene, room))
  await step('acknowledge', () => acknowledge(scene, room))
  await step('pause', () => pause(scene, room))
  await step('held', () => holds(scene, room))
  await playVault(scene, step, room)
  const aside = await step('set aside', () => setAside(scene, room))
  slowBank(scene.estate)
  await step('resume', () => resume(scene, room))
  const replay = await step('canary', () => canary(scene, room, aside))
  await step('promote', () => promote(scene, aside, replay))
  await step('all clear', () => allClear(scene))
  await step('verified', () => verified(scene, room))
}

async function playVault(scene: Scene, step: Step, room: Room): Promise<void> {
  const answer = await step('failures', () => failures(scene, room))
  const taken = await step('quarantine', () => quarantine(scene, answer))
  await step('put back', () => putBack(scene, taken))
}

async function playApproval(scene: Scene, step: Step): Promise<void> {
  const incident = await step('next alert', () => alertArrives(scene, BANK_QUEUE))
  const room = await step('next room', () => roomOpens(scene, BANK_QUEUE, incident))
  const asked = await step('request', () => request(scene, room))
  await step('refused', () => refusals(scene, asked))
  const outcome = await step('approved', () => approve(scene, room, asked))
  await step('undo', () => undo(scene, outcome))
  const many = await step('many', () => pauseMany(scene))
  await step('undo many', () => undoMany(scene, many))
  await step('anchor', () => anchored(scene, asked))
  await step('audit', () => audit(scene))
  const forgery = await step('tampering', () => tamper(scene, asked))
  await step('rewriting', () => rewrite(scene, forgery))
}
