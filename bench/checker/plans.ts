import { duplicates, type Evidence, type Partly } from './ledgers.ts'
import type { Entry } from './trail.ts'

interface PlanRow {
  readonly id: string
  readonly state: string
  readonly begun: boolean
  readonly queues: readonly {
    readonly subject: string
    readonly state: string
    readonly touched: boolean
  }[]
}

const FINAL = new Set(['done', 'refused', 'failed', 'expired', 'cancelled'])
/** A plan that is over has exactly one of these. */
const CLOSING = ['outcome', 'rejected', 'withdrawn', 'expired', 'voided']
/** What was begun at a queue and ended has exactly one `step`. */
const ENDED = ['done', 'skipped', 'failed']
/** Each queue of what was begun ends in one of these. */
const ACCOUNTED = [...ENDED, 'returned']

const PLANS = `
  select id, state, started_at is not null as begun, (
    select json_agg(json_build_object(
      'subject', system || '/' || queue, 'state', state, 'touched', touched_at is not null))
    from plan_queue where plan_id = plan.id
  ) as queues from plan`

/**
 * Each queue that a plan changed has one intent and one step in the trail, each plan one entry that closes it,
 * with accounts that add up and are those of its rows.
 */
export async function checkPlans({ client, entries }: Evidence): Promise<Partly> {
  const { rows } = await client.query<PlanRow>(PLANS)
  const over = rows.filter(({ state }) => FINAL.has(state))
  const begun = over.filter((plan) => plan.begun)
  const of = (...kinds: readonly string[]): readonly Entry[] =>
    entries.filter(({ kind, plan }) => plan !== null && kinds.includes(kind))
  const intents = of('intent').map(place)
  const steps = of('step').map(place)
  const closings = of(...CLOSING)
  const closed = closings.map(({ plan }) => `${plan}`)
  const missing = (what: string, wanted: readonly string[], written: readonly string[]) => {
    const known = new Set(written)
    return wanted.filter((name) => !known.has(name)).map((name) => `${what} of ${name}`)
  }
  return {
    unaudited: [
      ...missing(
        'intent',
        placesOf(rows, ({ touched }) => touched),
        intents,
      ),
      ...missing(
        'step',
        placesOf(over, ({ state }) => ENDED.includes(state)),
        steps,
      ),
      ...missing(
        'end',
        over.map(({ id }) => id),
        closed,
      ),
    ],
    repeated: [
      ...duplicates(intents).map((name) => `intent of ${name}`),
      ...duplicates(steps).map((name) => `step of ${name}`),
      ...duplicates(closed).map((name) => `end of ${name}`),
    ],
    stuck: [
      ...placesOf(begun, ({ state }) => state === 'pending' || state === 'executing').map(
        (name) => `queue of ${name}`,
      ),
      ...unbalanced(begun, closings),
    ],
  }
}

const place = ({ plan, subject }: Entry): string => `${plan} ${subject}`

const placesOf = (
  rows: readonly PlanRow[],
  isMeant: (queue: PlanRow['queues'][number]) => boolean,
): readonly string[] =>
  rows.flatMap(({ id, queues }) => queues.filter(isMeant).map(({ subject }) => `${id} ${subject}`))

/** Planned = done + skipped + failed + returned, in the outcome as in the rows. */
function unbalanced(begun: readonly PlanRow[], closings: readonly Entry[]): readonly string[] {
  const outcomes = closings.filter(({ kind }) => kind === 'outcome')
  const said = new Map(outcomes.map(({ plan, facts }) => [plan, facts.accounts ?? {}]))
  return begun.flatMap(({ id, queues }) => {
    const accounts = said.get(id)
    if (accounts === undefined) return []
    const count = (wanted: string): number => queues.filter(({ state }) => state === wanted).length
    const isRight =
      accounts['planned'] === queues.length &&
      accounts['open'] === 0 &&
      ACCOUNTED.every((state) => accounts[state] === count(state)) &&
      ACCOUNTED.reduce((sum, state) => sum + count(state), 0) === queues.length
    return isRight ? [] : [`accounts of ${id}`]
  })
}
