import { duplicates, queuesOf, type Evidence, type Partly } from './ledgers.ts'

interface Entry {
  readonly at: string
  readonly kind: string
  readonly action: string
  readonly subject: string
  readonly plan: string | null
}

const EVENT_OF = { pause: 'paused', resume: 'resumed' } as const
const ACTIONS = ['pause', 'resume'] as const

/** Each stop and start that a queue's own event stream tells of was intended first, by an entry of its own. */
export async function checkEffects({ redis, client, ledger }: Evidence): Promise<Partly> {
  const { rows } = await client.query<{ text: string }>('select text from audit_entry order by seq')
  const entries = rows.map(({ text }) => JSON.parse(text) as Entry)
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
  const plans = await client.query<{ id: string; touched: boolean }>(
    `select id, outcome ->> 'after' is not null as touched from plan where finished_at is not null
     and (confirmed_at is not null or ends_hold_id is not null)`,
  )
  const of = (kind: string): readonly string[] =>
    entries.flatMap((entry) => (entry.kind === kind && entry.plan !== null ? [entry.plan] : []))
  const [intended, settled] = [new Set(of('intent')), new Set(of('outcome'))]
  return {
    unaudited: [
      ...unaudited,
      ...plans.rows.filter(({ id }) => !settled.has(id)).map(({ id }) => `outcome of plan ${id}`),
      ...plans.rows
        .filter(({ id, touched }) => touched && !intended.has(id))
        .map(({ id }) => `intent of plan ${id}`),
    ],
    repeated: [...duplicates(of('intent')), ...duplicates(of('outcome'))].map((id) => `plan ${id}`),
    stuck: [...intended].filter((id) => !settled.has(id)).map((id) => `intent of plan ${id}`),
  }
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
