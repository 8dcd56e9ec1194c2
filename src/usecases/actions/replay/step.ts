import { isSameActor } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import { canHalt, verdictOf } from '../../../domain/replay-verdict.ts'
import { waveWords } from '../../../domain/replay-words.ts'
import type { Gate, Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import { showProgress } from '../card.ts'
import type { Later } from '../execution.ts'
import { frozenError } from '../freeze.ts'
import { feed, putSlice } from './feed.ts'
import { type Measured, measure } from './measure.ts'
import { observe } from './observe.ts'
import { returnsOf, settleReturns, takeBack } from './returns.ts'
import { openJobs, refreshed, type Run } from './run.ts'
import { goOn, halt, hold, promote } from './verdicts.ts'

/** So long a step goes on putting jobs in line before the queue is given to others for a moment. */
const STEP_MS = 3_000
/** Between two measurements of everything within a step. */
const MEASURE_MS = 1_000
/** When to look again, by what is waited for. */
const NEXT = { room: 300, end: 700, others: 500, person: 2_000, moment: 20 } as const
/** Jobs that go back into line after they were taken up are taken back again, but not for ever. */
const MOST_RETURNS = 5

const later = (what: keyof typeof NEXT): Later => ({ laterMs: NEXT[what] })

/**
 * One step of a replay: looks, judges, and puts more in line, holds or halts. Resolves to when to look again, or
 * to null once it is over. Each thing that it does is a commit, and every look finds out anew where it is, so it
 * may die anywhere.
 */
export async function stepReplay(deps: Deps, first: Run): Promise<Later | null> {
  const began = deps.clock.now().getTime()
  let run = await withBegunSlice(deps, first)
  let measured: { readonly value: Measured; readonly at: number } | null = null
  for (;;) {
    const at = deps.clock.now().getTime()
    const isDue = measured === null || at - measured.at >= MEASURE_MS
    await observe(deps, run, isDue)
    run = await refreshed(deps, run)
    if (isDue || measured === null) measured = { value: await look(deps, run), at }
    run = await refreshed(deps, run)
    const next = await act(deps, run, measured.value)
    if (next !== 'again') return next
    if (deps.clock.now().getTime() - began > STEP_MS) return later('moment')
    run = await refreshed(deps, run)
  }
}

/** What an earlier attempt began is brought to its end first: its jobs may be in line, and no ledger knows them. */
async function withBegunSlice(deps: Deps, run: Run): Promise<Run> {
  const { plan, queue } = run.part
  const [slice] = await deps.store.now.slices.open(plan.id, queue.ref, 1)
  if (slice?.isBegun !== true) return run
  await putSlice(deps, run, slice)
  return refreshed(deps, run)
}

async function look(deps: Deps, run: Run): Promise<Measured> {
  const measured = await measure(deps, run)
  const { live } = measured.seen
  const change = { gates: measured.gates, live }
  await deps.store.now.replays.change(run.part.plan.id, change, deps.clock.now())
  if (JSON.stringify(run.replay.gates) !== JSON.stringify(measured.gates))
    await showProgress(deps.store.now, run.part.plan)
  return measured
}

async function act(
  deps: Deps,
  run: Run,
  { seen, gates }: Measured,
): Promise<Later | null | 'again'> {
  const { replay, part } = run
  if (replay.wave > 0) await takeFailed(deps, run, replay.wave - 1)
  if (replay.state === 'done' || replay.state === 'halted') return ending(deps, run)
  if (replay.state === 'halting') return goOnHalting(deps, run)
  if (part.isEnding)
    return beginHalting(deps, run, { by: part.plan.stop?.by ?? null, words: stopWords(run) })
  const { verdict, words } = verdictOf(counting(gates, replay), seen)
  if (verdict === 'halt') return beginHalting(deps, run, { by: null, words })
  if (replay.isHeldByPerson) return later('person')
  const freeze = await deps.store.now.control.frozen()
  if (freeze !== null) return holdIt(deps, run, frozenError(freeze, deps).message)
  if (verdict === 'hold') return holdIt(deps, run, words)
  if (verdict === 'promote') return promoteIt(deps, run, words)
  if (replay.state === 'held')
    await change(deps, run, (store, now, fresh) => goOn(store, part.plan, fresh, { by: null, now }))
  return putMore(deps, run)
}

/** A person let it go on in spite of these: they hold it no more; what would halt it still does. */
const counting = (gates: readonly Gate[], { ignored }: Replay): readonly Gate[] =>
  gates.filter(({ name, state }) => (state === 'bad' && canHalt(name)) || !ignored.includes(name))

const stopWords = ({ part: { plan } }: Run): string =>
  plan.stop === null ? 'it was interrupted for too long' : `<@${plan.stop.by.userId}> stopped it`

async function putMore(deps: Deps, run: Run): Promise<Later | 'again'> {
  const { plan } = run.part
  const fed = await feed(deps, run)
  if (fed === 'put') return 'again'
  if (fed === 'no_room') return later('room')
  const wave = run.replay.waves[run.replay.wave]
  if (wave !== undefined && wave.fedAt === null) {
    const now = deps.clock.now()
    await deps.store.now.replays.beginWave(plan.id, run.replay.wave, now)
    await deps.store.now.replays.fedWave(plan.id, run.replay.wave, now)
    return 'again'
  }
  return later('end')
}

/** In a transaction that holds the replay's row, if it is still as it was looked at. */
async function change(
  deps: Deps,
  { part, replay }: Run,
  run: (store: Repositories, now: Date, fresh: Replay) => Promise<unknown>,
): Promise<void> {
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const fresh = await store.replays.locked(part.plan.id)
    if (fresh === null || !isSameStand(fresh, replay)) return
    await run(store, now, fresh)
  })
}

/** Whether nobody held it, let it go on or judged it in between. */
const isSameStand = (a: Replay, b: Replay): boolean =>
  a.state === b.state &&
  a.wave === b.wave &&
  a.isHeldByPerson === b.isHeldByPerson &&
  (a.by === null ? b.by === null : b.by !== null && isSameActor(a.by, b.by))

async function holdIt(deps: Deps, run: Run, words: string): Promise<Later> {
  if (run.replay.state !== 'held' || run.replay.reason !== words)
    await change(deps, run, (store, now, fresh) =>
      hold(store, run.part.plan, fresh, { by: null, words, now }),
    )
  return later('person')
}

/** A good wave is followed by the next one, unless that is for a person to say. */
async function promoteIt(deps: Deps, run: Run, words: string): Promise<Later | 'again'> {
  const { part, planned, replay } = run
  const isLast = replay.wave === replay.waves.length - 1
  if (planned.ramp.promotes === 'person' && !isLast)
    return holdIt(
      deps,
      run,
      `${waveWords(replay.waves[replay.wave], replay.waves.length)}: the next wave waits for a click`,
    )
  await change(deps, run, (store, now, fresh) =>
    promote(store, part.plan, fresh, { by: null, words, now }),
  )
  return 'again'
}

/** What failed again in a wave goes to the vault, with its new error; of all waves, what is left of that. */
async function takeFailed(deps: Deps, run: Run, wave: number | null): Promise<void> {
  const waves = run.replay.waves.filter(({ index }) => wave === null || index === wave)
  if (waves.every(({ counts }) => counts.known + counts.fresh === 0)) return
  const step = wave === null ? 'failed:end' : `failed:${wave + 1}`
  const made = await returnsOf(deps, run.part.plan.id)
  if (made.some(({ replay }) => replay?.step === step)) return
  await takeBack(deps, run, { kind: 'failed', wave, step })
}

async function beginHalting(
  deps: Deps,
  run: Run,
  { by, words }: { readonly by: Replay['by']; readonly words: string },
): Promise<'again'> {
  const { plan, fence, queue } = run.part
  await deps.store.now.slices.returnAll(plan.id, fence, queue.ref, deps.clock.now())
  await change(deps, run, (store, now, fresh) => halt(store, plan, fresh, { by, words, now }))
  return 'again'
}

/** What waits in line is taken back, what is at work comes to its end, what failed again goes to the vault. */
async function goOnHalting(deps: Deps, run: Run): Promise<Later | 'again'> {
  if (!(await settleReturns(deps, run))) return later('others')
  const fresh = await refreshed(deps, run)
  if (openJobs(fresh.replay) > 0) {
    if (await takeUnstarted(deps, fresh)) return later('others')
    if (!isPatienceOver(deps, fresh)) return later('end')
  }
  await change(deps, fresh, (store, now) =>
    store.replays.change(run.part.plan.id, { state: 'halted', endedAt: now }, now),
  )
  return 'again'
}

async function takeUnstarted(deps: Deps, run: Run): Promise<boolean> {
  const plans = await returnsOf(deps, run.part.plan.id)
  const made = plans.filter(({ replay }) => replay?.step.startsWith('unstarted') === true).length
  if (made >= MOST_RETURNS) return false
  const { wave } = run.replay
  return takeBack(deps, run, {
    kind: 'unstarted',
    wave: null,
    step: `unstarted:${wave + 1}:${made + 1}`,
  })
}

function isPatienceOver({ clock }: Pick<Deps, 'clock'>, { replay, planned }: Run): boolean {
  const since = replay.waves[replay.wave]?.judgedAt ?? replay.beganAt
  return clock.now().getTime() > since.getTime() + planned.ramp.patienceMs
}

/** Over, once the plans that took jobs back are. */
async function ending(deps: Deps, run: Run): Promise<Later | null> {
  await takeFailed(deps, run, null)
  return (await settleReturns(deps, run)) ? null : later('others')
}

/** Whether a system that is away keeps it from looking; then it is said, and tried again. */
export const isAway = (error: unknown): error is OperatorError =>
  error instanceof OperatorError && error.code === 'system_unreachable'
