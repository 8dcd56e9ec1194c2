import {
  acknowledge,
  alertArrives,
  allClear,
  audit,
  resolve,
  roomOpens,
} from './auto/incident-steps.ts'
import { queueEye } from './auto/queue-eye.ts'
import { failed, holds, pause, resume, status } from './auto/queue-steps.ts'
import { recordsOf } from './auto/records.ts'
import type { AutoPlay, Outcome } from './auto/stage.ts'
import { TROUBLE_QUEUE } from './estate-queues.ts'

/**
 * Plays the on-call person: alert → room → status → failed → acknowledge → pause → resume → resolve, and
 * checks each step against Redis and the database, never against what Spillway says of itself alone.
 * Returns the transcript; throws with the step and what was wrong at the first that fails.
 */
export async function playOnCall(play: AutoPlay): Promise<readonly string[]> {
  const scene = {
    ...play,
    queue: queueEye(play.redis, TROUBLE_QUEUE),
    records: recordsOf(play.query),
  }
  const transcript: string[] = []
  const startedAt = performance.now()
  const step = async <T>(title: string, run: () => Promise<Outcome<T>>): Promise<T> => {
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
  const incident = await step('alert', () => alertArrives(scene))
  const room = await step('room', () => roomOpens(scene, incident))
  await step('status', () => status(scene, room))
  await step('failed', () => failed(scene, room))
  await step('acknowledge', () => acknowledge(scene, room))
  await step('pause', () => pause(scene, room))
  await step('held', () => holds(scene, room))
  await step('resume', () => resume(scene, room))
  await step('all clear', () => allClear(scene))
  await step('resolve', () => resolve(scene, room))
  await step('audit', () => audit(scene))
  return transcript
}
