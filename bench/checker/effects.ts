import { queuesOf, type Evidence, type Partly } from './ledgers.ts'
import type { Entry } from './trail.ts'

const EVENT_OF = { pause: 'paused', resume: 'resumed' } as const
const ACTIONS = ['pause', 'resume'] as const

/** Each stop and start that a queue's own event stream tells of was intended first, by an entry of its own. */
export async function checkEffects({ redis, ledger, entries }: Evidence): Promise<Partly> {
  const unaudited: string[] = []
  for (const queue of queuesOf(ledger)) {
    const events = await redis.xrange(`bull:${queue}:events`, '-', '+')
    for (const action of ACTIONS) {
      const happened = events
        .filter(([, fields]) => fields[fields.indexOf('event') + 1] === EVENT_OF[action])
        .map(([id]) => Number(id.split('-')[0]))
      unaudited.push(
        ...withoutIntent(happened, intents(entries, action, queue)).map(
          (at) => `${action} of ${queue} at ${new Date(at).toISOString()}`,
        ),
      )
    }
  }
  return { unaudited }
}

const intents = (entries: readonly Entry[], action: string, queue: string): readonly number[] =>
  entries
    .filter(
      (entry) =>
        entry.kind === 'intent' &&
        entry.action === action &&
        entry.subject.slice(entry.subject.indexOf('/') + 1) === queue,
    )
    .map(({ at }) => Date.parse(at))

/** Pairs each effect with an earlier intent that no other effect has used up. */
function withoutIntent(effects: readonly number[], intended: readonly number[]): readonly number[] {
  const left = intended.toSorted((a, b) => a - b)
  return effects.filter((at) => {
    const first = left[0]
    if (first === undefined || first > at) return true
    left.shift()
    return false
  })
}
