import { duplicates, type Evidence, type Partly } from './ledgers.ts'
import type { Entry } from './trail.ts'

interface PlanRow {
  readonly id: string
  readonly state: string
  readonly begun: boolean
  /** Of a plan about jobs: what its slices say became of them. */
  readonly jobs: Readonly<Record<'planned' | 'done' | 'skipped' | 'returned', number>> | null
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
    select json_build_object(
      'planned', jobs -> 'count',
      'done', coalesce(sum(cardinality(job_ids) - skipped_count) filter (where plan_slice.state = 'done'), 0),
      'skipped', coalesce(sum(skipped_count) filter (where plan_slice.state = 'done'), 0),
      'returned', coalesce(sum(cardinality(job_ids)) filter (where plan_slice.state = 'returned'), 0))
    from plan_slice where plan_id = plan.id and jobs is not null having count(*) > 0
  ) as jobs, (
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
  return begun.flatMap((plan) => {
    const accounts = said.get(plan.id)
    if (accounts === undefined) return []
    return isBalanced(accounts, countsOf(plan)) ? [] : [`accounts of ${plan.id}`]
  })
}

type Counts = Readonly<Record<string, number>>

const isBalanced = (said: Counts, counted: Counts): boolean =>
  said['open'] === 0 &&
  Object.entries(counted).every(([name, count]) => said[name] === count) &&
  ACCOUNTED.reduce((sum, name) => sum + (counted[name] ?? 0), 0) === counted['planned']

/** Of jobs where the plan is about jobs, else of queues. */
function countsOf({ jobs, queues }: PlanRow): Counts {
  if (jobs !== null) return { failed: 0, ...jobs }
  const count = (wanted: string): number => queues.filter(({ state }) => state === wanted).length
  const counts = ACCOUNTED.map((name) => [name, count(name)] as const)
  return { planned: queues.length, ...Object.fromEntries(counts) }
}
