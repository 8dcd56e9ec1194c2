import { setTimeout as delay } from 'node:timers/promises'

import { watchRule } from './alertmanager.ts'
import type { QueueEye } from './auto/queue-eye.ts'
import { ALERT_TOKEN } from './demo-config.ts'
import { BANK_QUEUE, SYSTEM, TROUBLE_QUEUE, VAT_QUEUES } from './estate-queues.ts'
import type { Estate } from './estate.ts'
import type { DemoIo } from './terminal.ts'

/** When the demo's Alertmanager fires, and when the alert is over; in jobs that wait. */
const RULES = [
  { queue: TROUBLE_QUEUE, firesAbove: 400, endsBelow: 50 },
  { queue: BANK_QUEUE, firesAbove: 100, endsBelow: 10 },
]
/** What a bank in maintenance cannot keep up with. */
const CAPTURES = { atOnce: 150, perSecond: 2 }
/** What a busy register just keeps up with, in each member state's queue. */
const LOOKUPS = { atOnce: 24, perSecond: 2 }

/** So that a person sees the estate healthy for a moment. */
const CALM_MS = 2000
/** How long a provider stays in trouble once nobody calls it any more. */
const RECOVERY_MS = 30_000
/** Between the two troubles, so that they are not taken for one. */
const BETWEEN_MS = 10_000

/** Starts the demo's Alertmanager, which posts to the bot on this port. */
export function watchAlerts(
  eyeOf: (queue: string) => QueueEye,
  httpPort: number,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const url = `http://127.0.0.1:${httpPort}/alerts/alertmanager`
  const watching = RULES.map((rule) => {
    const eye = eyeOf(rule.queue)
    const watched = { ...rule, system: SYSTEM, backlog: () => eye.backlog() }
    return watchRule(watched, { url, bearerToken: ALERT_TOKEN }, stopping.signal)
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(watching)
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

/** The bank goes into maintenance: captures take seconds, and pile up. */
export const slowBank = (estate: Estate): void => estate.slowDown(BANK_QUEUE, CAPTURES)

/** The register of VAT numbers is overloaded: every member state's queue waits for it. */
export function slowRegister(estate: Estate): void {
  for (const queue of VAT_QUEUES) estate.slowDown(queue, LOOKUPS)
}

/** Until Ctrl-C: more trouble beside the first; each is over some time after its queue was paused. */
export async function live(
  eyeOf: (queue: string) => QueueEye,
  estate: Estate,
  io: Pick<DemoIo, 'say' | 'signal'>,
): Promise<void> {
  const { say, signal } = io
  await delay(BETWEEN_MS, undefined, { signal })
  slowBank(estate)
  say(`${BANK_QUEUE}: the bank goes into maintenance, and captures pile up.`)
  slowRegister(estate)
  const troubled = [[TROUBLE_QUEUE], [BANK_QUEUE], VAT_QUEUES]
  await Promise.all(troubled.map((queues) => recovery(eyeOf, estate, queues, io)))
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Of queues with the same provider: once the first of them is paused. */
async function recovery(
  eyeOf: (queue: string) => QueueEye,
  estate: Estate,
  queues: readonly string[],
  { say, signal }: Pick<DemoIo, 'say' | 'signal'>,
): Promise<void> {
  const [queue = '', ...others] = queues
  const eye = eyeOf(queue)
  while (!(await eye.isPaused().catch(() => false))) await delay(500, undefined, { signal })
  say(`${queue} is paused. What is behind it recovers in ${RECOVERY_MS / 1000} s.`)
  await delay(RECOVERY_MS, undefined, { signal })
  for (const one of [queue, ...others]) estate.heal(one)
  say(`What is behind ${queue} answers again: the queue can be resumed.`)
}
