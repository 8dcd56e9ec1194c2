import type { Plan } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import { isOver } from '../../../domain/plan-states.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { isSameQueue, queueKey, type QueueRef } from '../../../domain/queue.ts'
import type { RampStep, Replay } from '../../../domain/replay.ts'
import { listing, plural, thousands } from '../../../domain/text.ts'
import type { VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { operatorOf } from './operator-of.ts'
import type { PoolBuilder } from './replay-pool.ts'

type ReadDeps = Pick<Deps, 'store' | 'systems'>

/** A replay that is over, and what went back to the vault from it. */
export interface Former {
  readonly plan: Plan
  readonly replay: Replay
  /** It was never meant for all jobs: what it stood for is where it was. */
  readonly isPartial: boolean
  /** Jobs that never ran, and jobs that failed again. */
  readonly unstarted: readonly VaultSet[]
  readonly failed: readonly VaultSet[]
}

const wrong = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, `Nothing was changed. ${advice}`)

/** The replay that is gone on with. Throws `bad_input` where there is none, or it is not over. */
export async function formerReplay(
  { store }: Pick<Deps, 'store'>,
  number: number,
  refs: readonly QueueRef[],
): Promise<Former> {
  const plan = await store.now.plans.byNumber(number)
  if (plan === null)
    throw wrong(`There is no plan ${number}.`, '`audit` shows what was done lately.')
  if (plan.action !== 'replay')
    throw wrong(`Plan ${number} is no replay.`, '`replay <queue>` begins one.')
  const [queue] = plan.queues
  if (queue === undefined || !refs.some((ref) => isSameQueue(ref, queue.ref)))
    throw wrong(`Plan ${number} is not about this queue.`, 'Name the plan alone.')
  const replay = await store.now.replays.byPlan(plan.id)
  if (!isOver(plan.state))
    throw wrong(
      `Plan ${number} is not over.`,
      `It goes on by itself, or by its card; \`stop ${number}\` halts it.`,
    )
  if (replay === null)
    throw wrong(`Plan ${number} was never begun.`, 'Its jobs are where they were: order it anew.')
  return { plan, replay, isPartial: isPartial(plan), ...(await returnsOf(store.now, plan.id)) }
}

function isPartial({ jobs }: Plan): boolean {
  const last: RampStep | undefined = jobs?.replay?.ramp.steps.at(-1)
  return last !== undefined && ('jobs' in last || last.share < 1)
}

async function returnsOf(
  { plans, replays, vault }: Deps['store']['now'],
  planId: string,
): Promise<Pick<Former, 'unstarted' | 'failed'>> {
  const unstarted: VaultSet[] = []
  const failed: VaultSet[] = []
  for (const id of await replays.returns(planId)) {
    const child = await plans.byId(id)
    const isUnstarted = child?.replay?.step.startsWith('unstarted:') === true
    ;(isUnstarted ? unstarted : failed).push(...(await vault.setsOfPlan(id)))
  }
  return { unstarted, failed }
}

const PAGE = 1000

/** Rows of these sets that the vault still holds. */
export async function addSets(
  { store }: Pick<Deps, 'store'>,
  builder: PoolBuilder,
  sets: readonly VaultSet[],
): Promise<void> {
  for (const { id } of sets)
    for (let after = 0; ;) {
      const rows = await store.now.vault.held(id, { after, limit: PAGE, withContent: false })
      const last = rows.at(-1)
      if (last === undefined) break
      for (const { job } of rows) builder.addRow(job)
      after = last.job.id
    }
}

/** Jobs whose turn never came, as far as they are where they were. */
export async function addReturned(
  deps: ReadDeps,
  builder: PoolBuilder,
  { plan }: Former,
): Promise<void> {
  const queued: string[] = []
  for await (const slice of returnedSlices(deps, plan.id)) {
    if (slice.isInVault !== true) queued.push(...(await stillFailed(deps, slice)))
    else
      for (const row of await deps.store.now.vault.rows(slice.ids.map(Number)))
        if (row.state === 'held') builder.addRow(row)
  }
  const [queue] = plan.queues
  if (queue === undefined || queued.length === 0) return
  const { ref } = queue
  await builder.addQueued(operatorOf(deps, ref), ref.queue, { state: 'failed', ids: queued })
}

async function* returnedSlices(
  { store }: Pick<Deps, 'store'>,
  planId: string,
): AsyncGenerator<Slice> {
  for (let after = -1; ;) {
    const page = await store.now.slices.page(planId, after, PAGE / 10)
    yield* page.filter(({ end }) => end?.state === 'returned')
    const last = page.at(-1)
    if (last === undefined) return
    after = last.position
  }
}

/** Somebody may have retried, or taken away, what waited for its wave. */
async function stillFailed(
  deps: Pick<Deps, 'systems'>,
  { ref, ids }: Slice,
): Promise<readonly string[]> {
  const states = await operatorOf(deps, ref).states(ref.queue, ids)
  return ids.filter((id) => states.get(id) === 'failed')
}

/** What came of the former one: whoever approves its continuation has to know. */
export function formerWarnings({ plan, replay, failed }: Former): readonly string[] {
  const [first] = replay.waves
  const { completed = 0, fed = 0 } = first?.counts ?? {}
  const canary =
    fed === 0
      ? `Plan ${plan.number} put no job in line.`
      : `Of the first wave of plan ${plan.number}, ${thousands(completed)} of ${plural(fed, 'job')} completed.`
  const reason = replay.reason === null ? [] : [`It was halted: ${replay.reason}`]
  const holding = failed.filter(({ counts }) => counts.held > 0)
  const held = holding.reduce((sum, { counts }) => sum + counts.held, 0)
  const names = listing(holding.map(({ number }) => `\`v${number}\``))
  return [
    canary,
    ...reason,
    ...(held === 0
      ? []
      : [`Not among these: ${plural(held, 'job')} that failed again, in the vault as ${names}.`]),
  ]
}

/** Nothing is left of it to be run. */
export const nothingLeft = ({ plan, failed }: Former): OperatorError => {
  const names = failed.filter(({ counts }) => counts.held > 0).map(({ number }) => `\`v${number}\``)
  return new OperatorError(
    'already_done',
    `Plan ${plan.number} left no job that did not run.`,
    names.length === 0
      ? `Nothing was changed. \`outcomes ${plan.number}\` shows what became of each.`
      : `Nothing was changed. What failed again is in the vault as ${listing(names)}, of \`${queueKey(replayedIn(plan))}\`.`,
  )
}

const replayedIn = ({ queues }: Plan): QueueRef =>
  queues[0]?.ref ?? { system: 'unknown', queue: 'unknown' }
