import { formatDuration } from '../../../domain/duration.ts'
import { sliceJobs } from '../../../domain/replay-ramp.ts'
import { isIgnored, mayPut, verdictOf } from '../../../domain/replay-verdict.ts'
import { asksWords } from '../../../domain/replay-words.ts'
import type { Gate, Replay } from '../../../domain/replay.ts'
import { plural } from '../../../domain/text.ts'
import type { Deps } from '../../deps.ts'
import type { Later } from '../execution.ts'
import { frozenError } from '../freeze.ts'
import { feed } from './feed.ts'
import { beginHalting, comeToEnd, goOnHalting, takeFailed } from './halting.ts'
import { ifUnchanged } from './if-unchanged.ts'
import { later } from './later.ts'
import type { Measured } from './measure.ts'
import { openJobs, type Run } from './run.ts'
import { goOn, hold, promote } from './verdicts.ts'

const LEAST_HOLD_MS = 30_000

/** What is next: to look again at once or later, or nothing, for it is over. */
export type Next = 'again' | Later | null

/** Does what the replay's state and what was measured ask for: one thing, and all of it in one commit. */
export async function act(deps: Deps, run: Run, measured: Measured): Promise<Next> {
  const { replay, part } = run
  if (replay.wave > 0) await takeFailed(deps, run, replay.wave - 1)
  if (replay.state === 'done' || replay.state === 'halted') return comeToEnd(deps, run)
  if (replay.state === 'halting') return goOnHalting(deps, run)
  if (part.isEnding)
    return beginHalting(deps, run, { by: part.plan.stop?.by ?? null, words: stopWords(run) })
  return judge(deps, run, measured)
}

/** By the gates, but for what a person has said. */
async function judge(deps: Deps, run: Run, { seen, gates }: Measured): Promise<Next> {
  const { replay } = run
  const { verdict, words } = verdictOf(counting(gates, replay), seen)
  if (verdict === 'halt') return beginHalting(deps, run, { by: null, words })
  if (replay.isHeldByPerson) return later('person')
  const freeze = await deps.store.now.control.frozen()
  if (freeze !== null) return holdIt(deps, run, frozenError(freeze, deps).message)
  if (verdict === 'hold') return holdIt(deps, run, words)
  if (verdict === 'promote') return promoteIt(deps, run, words)
  const stuck = stuckWords(run, deps.clock.now())
  if (stuck !== null) return holdIt(deps, run, stuck)
  return replay.state === 'held' ? goOnByItself(deps, run) : putMore(deps, run)
}

async function goOnByItself(deps: Deps, run: Run): Promise<Later | 'again'> {
  if (isHeldShortly(run, deps.clock.now())) return later('person')
  await ifUnchanged(deps, run, (store, fresh, now) =>
    goOn(store, run.part.plan, fresh, { by: null, now }),
  )
  return 'again'
}

/** What flickers must not fill the room with lines: a hold lasts for a while at least. */
function isHeldShortly({ replay, planned }: Run, now: Date): boolean {
  const { verdict, judgedAt } = replay.waves[replay.wave] ?? {}
  if (verdict !== 'hold' || judgedAt === null || judgedAt === undefined) return false
  return now.getTime() < judgedAt.getTime() + Math.min(LEAST_HOLD_MS, planned.ramp.watchMs)
}

/** A person let it go on in spite of the others: as they were then, they hold it no more. */
const counting = (gates: readonly Gate[], { ignored }: Replay): readonly Gate[] =>
  gates.filter((gate) => !isIgnored(gate, ignored))

/** Its limit is full of jobs that nobody waits for any more: without a word it would stay so for ever. */
function stuckWords({ replay, planned: { ramp } }: Run, now: Date): string | null {
  const open = openJobs(replay)
  const putAt = Math.max(...replay.waves.map((wave) => wave.putAt?.getTime() ?? 0))
  const isPatienceOver = now.getTime() >= putAt + ramp.patienceMs
  if (open === 0 || !isPatienceOver || mayPut(replay, ramp, now) >= sliceJobs(ramp)) return null
  const limit = ramp.inFlight === null ? '' : `, and its limit of ${ramp.inFlight} at once is full`
  return `${plural(open, 'job')} did not end within ${formatDuration(ramp.patienceMs)}${limit}`
}

const stopWords = ({ part: { plan } }: Run): string =>
  plan.stop === null ? 'it was interrupted for too long' : `<@${plan.stop.by.userId}> stopped it`

async function putMore(deps: Deps, run: Run): Promise<Later | 'again'> {
  const { plan } = run.part
  const fed = await feed(deps, run)
  if (fed === 'put' || fed === 'changed') return 'again'
  if (fed === 'stopped') return later('moment')
  if (fed === 'no_room') return later('room')
  const { wave, waves } = run.replay
  if (waves[wave]?.fedAt !== null) return later('end')
  await ifUnchanged(deps, run, async ({ replays }, _fresh, now) => {
    await replays.beginWave(plan.id, wave, now)
    await replays.fedWave(plan.id, wave, now)
  })
  return 'again'
}

async function holdIt(deps: Deps, run: Run, words: string, asks = false): Promise<Later> {
  if (run.replay.state !== 'held' || run.replay.reason !== words)
    await ifUnchanged(deps, run, (store, fresh, now) =>
      hold(store, run.part.plan, fresh, { by: null, words, now, asks }),
    )
  return later('person')
}

/** A good wave is followed by the next one, unless that is for a person to say. */
async function promoteIt(deps: Deps, run: Run, words: string): Promise<Later | 'again'> {
  const { part, planned, replay } = run
  const isLast = replay.wave === replay.waves.length - 1
  if (planned.ramp.promotes === 'person' && !isLast)
    return holdIt(deps, run, asksWords(replay), true)
  await ifUnchanged(deps, run, (store, fresh, now) =>
    promote(store, part.plan, fresh, { by: null, words, now }),
  )
  return 'again'
}
