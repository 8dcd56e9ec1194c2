import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import { replayCounts } from '../../domain/replay-lines.ts'
import { currentWave, nextStep, type NextStep } from '../../domain/replay-next.ts'
import type { Replay } from '../../domain/replay.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { ReplayView } from '../../domain/views-replay.ts'
import type { Locale, PlanCardView } from '../../domain/views.ts'
import { whoLines } from './approval-words.ts'
import { actions, context, message, section, type Rendered } from './elements.ts'
import { freezeLine } from './holds.ts'
import { mention, sentence } from './mrkdwn.ts'
import { planLabel } from './plan-words.ts'
import { barOf } from './progress.ts'
import { replayButtons } from './replay-buttons.ts'
import { gateLines } from './replay-gates.ts'
import { endedAs, lockScreenText, stateWords, title } from './replay-title.ts'
import { limitWords, nextWords, returnWords, stayedWords } from './replay-words.ts'

const MAX_REASON = 400
/** A replay is looked at every few seconds; one that was not for so long says so. */
const STALE_MS = 60_000

/** A replay from its first look to its end, in one message that is edited in place: for a phone at night. */
export function replayCard(view: PlanCardView, shown: ReplayView, locale: Locale): Rendered {
  const { order, labels } = replayButtons(shown, view.at)
  return message(
    lockScreenText(view.plan, shown),
    replayBlocks(view, shown, locale),
    actions(view.tokens, order, labels),
    context(planLabel(view.plan), limitWords(shown.planned.ramp)),
  )
}

/** What the card tells, without its buttons. */
export function replayBlocks(
  view: PlanCardView,
  shown: ReplayView,
  locale: Locale,
): readonly KnownBlock[] {
  const { plan, freeze, at } = view
  const { replay, planned } = shown
  const { timeZone: zone } = locale
  const isOver = endedAs(replay) !== null
  const step = nextStep(replay, planned.ramp, at)
  return [
    ...(freeze === null || isOver ? [] : [section(freezeLine(freeze, zone, at))]),
    section(
      `${iconOf(replay)} *${title(plan)}${step.kind === 'asks' ? ': waits for a click' : stateWords(replay)}*`,
      standLine(view, replay, { step, zone }),
      isOver ? null : waveLine(shown),
      ladderLine(replay),
      outcomeLine(shown),
    ),
    ...measured(replay),
    ...linesOf(
      verdictLine(replay),
      nextWords(step, { shown, at, zone }),
      ...returnWords(shown),
      stayedWords(plan, shown),
      staleLine(replay, at, zone),
    ),
    section(...whoLines(view, zone)),
  ]
}

/** Somebody has to look after jobs that did not complete, though the replay is done. */
function iconOf(replay: Replay): string {
  const { completed, planned } = replayCounts(replay)
  return replay.state === 'done' && completed < planned ? ':warning:' : ICONS[replay.state]
}

const linesOf = (...lines: readonly (string | null)[]): readonly KnownBlock[] =>
  lines.every((line) => line === null) ? [] : [section(...lines)]

const ICONS: Readonly<Record<Replay['state'], string>> = {
  running: ':arrow_forward:',
  held: ':double_vertical_bar:',
  halting: ':octagonal_sign:',
  halted: ':octagonal_sign:',
  done: ':white_check_mark:',
}

/** Who held or halted it, and why, as far as no line below says so. */
function standLine(
  { plan, at }: PlanCardView,
  replay: Replay,
  { step, zone }: { readonly step: NextStep; readonly zone: string },
): string | null {
  const { state, by } = replay
  if (state === 'done' || step.kind === 'asks') return null
  if (state === 'running')
    return plan.stop === null
      ? null
      : `*Asked to halt* by ${mention(plan.stop.by.userId)} at ${clockTime(plan.stop.at, zone, at)}.`
  const verb = state === 'held' ? 'Held' : 'Halted'
  const who = by === null ? 'by itself' : `by ${mention(by.userId)}`
  const why = step.kind === 'lacks' ? null : reasonOf(replay)
  const since = momentOf(replay)
  const when = since === null ? '' : ` at ${clockTime(since, zone, at)}`
  return `${verb} ${who}${when}${why === null ? '.' : `: ${sentence(why, MAX_REASON)}`}`
}

/** When its wave was judged so; null where that is not known. */
function momentOf({ state, waves, wave }: Replay): Date | null {
  const verdict = state === 'held' ? 'hold' : 'halt'
  const judged = waves[wave]
  return judged?.verdict === verdict ? judged.judgedAt : null
}

/** Null where it says no more than who it was. */
function reasonOf({ reason, by }: Replay): string | null {
  if (reason === null || (by !== null && reason.startsWith(`<@${by.userId}>`))) return null
  return reason
}

/** `Wave 2 of 4 ▓▓▓▓░░░░░░░░ 312 of 490 · 120 per min · about 2 min left`. */
function waveLine({ replay, pace }: ReplayView): string | null {
  const wave = currentWave(replay)
  if (wave === null) return null
  const { size, counts } = wave
  const ended = Math.max(0, counts.fed - counts.open) + counts.skipped
  const name =
    replay.waves.length === 1 ? 'Canary' : `Wave ${wave.index + 1} of ${replay.waves.length}`
  return `${name} ${barOf(ended, size)} ${thousands(ended)} of ${thousands(size)}${paceWords(pace)}`
}

function paceWords(pace: ReplayView['pace']): string {
  if (pace === null) return ''
  const { perMinute, leftMs } = pace
  const rate = perMinute < 1 ? 'under 1' : thousands(Math.round(perMinute))
  const left = leftMs <= 0 ? '' : ` · about ${formatDuration(Math.max(1000, leftMs))} left`
  return ` · ${rate} per min${left}`
}

/** `✓ 10 → *490* → 2,000 → 7,500`: what is behind, under way and ahead. Of a canary alone there is nothing to say. */
function ladderLine(replay: Replay): string | null {
  if (replay.waves.length < 2) return null
  return replay.waves
    .map(({ index, size, verdict }) => {
      const jobs = thousands(size)
      if (verdict === 'promote') return `✓ ${jobs}`
      if (verdict === 'halt') return `✗ ${jobs}`
      return index === replay.wave && endedAs(replay) === null ? `*${jobs}*` : jobs
    })
    .join(' → ')
}

/** Every job in one bucket; once it is over those that are in none are said to be unexplained, and must be 0. */
function outcomeLine({ replay, left }: ReplayView): string {
  const counts = replayCounts(replay)
  const { completed, known, fresh, open, unseen, skipped } = counts
  const isOver = endedAs(replay) !== null
  const buckets = [
    { jobs: completed, words: 'completed' },
    { jobs: known, words: 'failed as before' },
    { jobs: fresh, words: 'failed in a new way', isBad: true },
    { jobs: isOver ? 0 : open, words: 'in line or at work' },
    { jobs: unseen, words: 'not seen to end', isBad: true },
    { jobs: skipped, words: 'not there any more' },
    { jobs: isOver ? left : counts.returned, words: isOver ? 'never ran' : 'taken back unstarted' },
  ].filter(({ jobs }) => jobs > 0)
  if (buckets.length === 0) return 'Nothing was put in line yet.'
  const parts = buckets.map(({ jobs, words, isBad = false }) =>
    isBad ? `*${thousands(jobs)} ${words}*` : `${thousands(jobs)} ${words}`,
  )
  if (!isOver) return parts.join(' · ')
  const told = buckets.reduce((sum, { jobs }) => sum + jobs, 0)
  return `${plural(counts.planned, 'job')} = ${parts.join(' + ')}; unexplained ${thousands(counts.planned - told)}`
}

/** What was measured of the wave under way; once it is judged for good, its verdict says it all. */
function measured(replay: Replay): readonly KnownBlock[] {
  const { state, gates } = replay
  if (endedAs(replay) !== null) return []
  const shown = state === 'halting' ? gates.filter(({ name }) => name === 'redis') : gates
  const lines = gateLines(shown)
  if (lines.length > 0) return [section(...lines, systemLine(replay))]
  return state === 'halting' ? [] : [section('Nothing is measured yet.')]
}

/** While the system is away people ask one thing only. */
const systemLine = ({ gates }: Replay): string | null =>
  gates.some(({ name, state }) => name === 'redis' && state !== 'good' && state !== 'pending')
    ? 'Nothing is lost: what was put in line stays there, the rest is where it was.'
    : null

/**
 * The last verdict, in the words of whoever judged; where it is why the replay stands still that is said already. Once
 * all waves are through there is nothing left that the last one could tell of.
 */
function verdictLine({ state, waves, wave, reason }: Replay): string | null {
  if (state === 'done' && waves.length > 1) return null
  const judged = waves.findLast(
    ({ index, words, verdict }) => index <= wave && verdict !== null && (words ?? '') !== '',
  )
  if (judged === undefined || judged.words === reason || judged.verdict === 'hold') return null
  const name = waves.length === 1 ? 'Verdict' : `Verdict on wave ${judged.index + 1}`
  const by = judged.judgedBy === null ? '' : ` (${mention(judged.judgedBy.userId)})`
  return `*${name}: ${judged.verdict}*${by}. ${sentence(judged.words ?? '', MAX_REASON)}`
}

const staleLine = (replay: Replay, at: Date, zone: string): string | null =>
  endedAs(replay) === null && at.getTime() - replay.seenAt.getTime() > STALE_MS
    ? `:warning: *Last look at ${clockTime(replay.seenAt, zone, at)}*: numbers may be old. Nothing is lost.`
    : null
