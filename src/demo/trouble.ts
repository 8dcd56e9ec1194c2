import { setTimeout as delay } from 'node:timers/promises'

import { watchRule } from './alertmanager.ts'
import type { QueueEye } from './auto/queue-eye.ts'
import { ALERT_TOKEN } from './demo-config.ts'
import { SYSTEM, TROUBLE_QUEUE } from './estate-queues.ts'
import type { Estate } from './estate.ts'
import type { DemoIo } from './terminal.ts'

const FIRES_ABOVE = 400
const ENDS_BELOW = 50
/** So that a person sees the estate healthy for a moment. */
const CALM_MS = 2000
/** How long the provider stays down once nobody calls it any more. */
const RECOVERY_MS = 30_000

/** Starts the demo's Alertmanager, which posts to the bot on this port. */
export function watchAlerts(queue: QueueEye, httpPort: number): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const rule = {
    queue: TROUBLE_QUEUE,
    system: SYSTEM,
    backlog: () => queue.backlog(),
    firesAbove: FIRES_ABOVE,
    endsBelow: ENDS_BELOW,
  }
  const url = `http://127.0.0.1:${httpPort}/alerts/alertmanager`
  const watching = watchRule(rule, { url, bearerToken: ALERT_TOKEN }, stopping.signal)
  return {
    stop() {
      stopping.abort()
      return watching
    },
  }
}

/** A moment of calm, then the provider stops answering. */
export async function startTrouble(
  estate: Estate,
  { say, signal }: Pick<DemoIo, 'say' | 'signal'>,
): Promise<void> {
  await delay(CALM_MS, undefined, { signal })
  estate.failNow(TROUBLE_QUEUE)
  say(`${TROUBLE_QUEUE}: the provider stops answering while a campaign goes out.`)
}

/** Until Ctrl-C: the provider recovers some time after the queue was paused. */
export async function live(
  queue: QueueEye,
  estate: Estate,
  { say, signal }: Pick<DemoIo, 'say' | 'signal'>,
): Promise<void> {
  while (!(await queue.isPaused().catch(() => false))) await delay(500, undefined, { signal })
  say(`${TROUBLE_QUEUE} is paused. The provider answers again in ${RECOVERY_MS / 1000} s.`)
  await delay(RECOVERY_MS, undefined, { signal })
  estate.heal(TROUBLE_QUEUE)
  say('The provider answers again: the queue can be resumed.')
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
