import type { Actor, Plan } from './action.ts'
import type { RoomLine } from './message.ts'
import { queueKey } from './queue.ts'
import { inCode } from './quote.ts'
import type { Replay, Verdict, Wave } from './replay.ts'
import { listing, plural, thousands } from './text.ts'
import type { ReturnedSet } from './views-replay.ts'

type About = Pick<Plan, 'number' | 'queues' | 'scope' | 'jobs' | 'actor'>

/** Where the jobs of a replay come from: `v7`, `failed jobs`, `the rest of plan 41`. */
export function replaySource({ jobs }: Pick<Plan, 'jobs'>): string {
  const { vault, continues } = jobs?.options ?? {}
  if (continues !== undefined) return `the rest of plan ${continues}`
  return vault === undefined ? 'failed jobs' : `v${vault}`
}

/** `` replay of v7 → `sales/email` (plan 42) ``, within a sentence. */
export function replayName(plan: About): string {
  const [first] = plan.queues
  const where = first === undefined ? plan.scope : queueKey(first.ref)
  return `replay of ${replaySource(plan)} → ${inCode(where)} (plan ${plan.number})`
}

/** `wave 2 of 4`, counted from 1 as people do. */
const waveName = (replay: Pick<Replay, 'waves'>, index: number): string =>
  replay.waves.length === 1 ? 'the canary' : `wave ${index + 1} of ${replay.waves.length}`

/** Somebody, or the replay by its own rules. */
const doer = (by: Actor | null): string => (by === null ? 'Spillway' : `<@${by.userId}>`)

/** Nobody is called: whoever ordered it sees the card. */
const line = (icon: RoomLine['icon'], words: string): RoomLine => ({ icon, words, mention: [] })

/** Whoever ordered it has to look after it. */
const call = ({ actor }: About, icon: RoomLine['icon'], words: string): RoomLine => ({
  icon,
  words,
  mention: [actor.userId],
})

const VERDICT_ICONS: Readonly<Record<Verdict, RoomLine['icon']>> = {
  promote: 'check',
  hold: 'stop',
  halt: 'halt',
}

/** A good wave waits for a click: nothing is wrong, yet whoever ordered the replay is called. */
export const asksLine = (plan: About, words: string): RoomLine =>
  call(plan, 'check', `${capital(replayName(plan))}: ${words}.`)

/** What was judged of a wave, by whom, on which numbers. A hold and a halt call whoever ordered the replay. */
export function verdictLine(
  plan: About,
  replay: Pick<Replay, 'waves'>,
  wave: Pick<Wave, 'index' | 'verdict' | 'judgedBy' | 'words'>,
): RoomLine {
  const { index, verdict, judgedBy, words } = wave
  const name = waveName(replay, index)
  const numbers = words === null || words === '' ? '' : ` ${stop(words)}`
  const isLast = index >= replay.waves.length - 1
  switch (verdict) {
    case 'promote':
      return line(
        VERDICT_ICONS.promote,
        judgedBy === null
          ? `${capital(name)} is good.${numbers} The ${replayName(plan)} ${isLast ? 'is done' : 'goes on by itself'}.`
          : `${doer(judgedBy)} ${isLast ? 'ended' : 'let'} the ${replayName(plan)}${isLast ? '' : ' go on'}.${numbers}`,
      )
    case 'halt':
      return call(
        plan,
        VERDICT_ICONS.halt,
        `${doer(judgedBy)} halted the ${replayName(plan)} in ${name}.${numbers} Nothing more is put in line; what waits in line goes to the vault, what is at work comes to its end.`,
      )
    case 'hold':
    case null:
      return call(
        plan,
        VERDICT_ICONS.hold,
        `${doer(judgedBy)} holds the ${replayName(plan)} in ${name}: nothing more is put in line.${numbers}`,
      )
  }
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

const stop = (words: string): string => {
  const said = capital(words)
  return /[.!?]$/.test(said) ? said : `${said}.`
}

/** A hold is over. `by` null: what was missing is there again. */
export const goOnLine = (plan: About, by: Actor | null): RoomLine =>
  line(
    'go',
    by === null
      ? `What was missing is there: the ${replayName(plan)} goes on by itself.`
      : `<@${by.userId}> lets the ${replayName(plan)} go on.`,
  )

/** Jobs went into the vault on its account. */
export function returnedLine(plan: About, { why, jobs, vault }: ReturnedSet): RoomLine {
  const many = jobs === null ? 'Jobs' : plural(jobs, 'job')
  const where = vault === null ? 'the vault' : `the vault: \`v${vault}\``
  const what = why === 'failed' ? 'that failed again' : 'that never ran'
  return line('vault', `${many} ${what} in the ${replayName(plan)} went into ${where}.`)
}

const planned = ({ waves }: Pick<Replay, 'waves'>): number =>
  waves.reduce((sum, { size }) => sum + size, 0)

/** Jobs of all waves by what became of them. */
export interface ReplayCounts {
  readonly planned: number
  readonly fed: number
  readonly skipped: number
  readonly open: number
  readonly completed: number
  readonly known: number
  readonly fresh: number
  readonly unseen: number
  readonly returned: number
}

export function replayCounts(replay: Pick<Replay, 'waves'>): ReplayCounts {
  const sum = (of: Exclude<keyof ReplayCounts, 'planned'>): number =>
    replay.waves.reduce((total, { counts }) => total + counts[of], 0)
  return {
    planned: planned(replay),
    fed: sum('fed'),
    skipped: sum('skipped'),
    open: sum('open'),
    completed: sum('completed'),
    known: sum('known'),
    fresh: sum('fresh'),
    unseen: sum('unseen'),
    returned: sum('returned'),
  }
}

/** Jobs that were neither put in line nor skipped, and those that came back before they ran. */
export function leftOf(replay: Pick<Replay, 'waves'>): number {
  const { planned: all, fed, skipped, returned } = replayCounts(replay)
  return Math.max(0, all - fed - skipped) + returned
}

/** `9 of 10 jobs completed and 1 failed as before`: what became of all of them. */
export function bucketWords(replay: Replay, left: number): string {
  const { completed, known, fresh, unseen, skipped } = replayCounts(replay)
  const some = (count: number, words: string): string[] =>
    count === 0 ? [] : [`${thousands(count)} ${words}`]
  return listing([
    `${thousands(completed)} of ${plural(planned(replay), 'job')} completed`,
    ...some(known, 'failed as before'),
    ...some(fresh, 'failed in a new way'),
    ...some(unseen, 'not seen to end'),
    ...some(skipped, 'not there any more'),
    ...some(left, 'never ran'),
  ])
}

/** `Done: the replay of 1,000 jobs: 970 completed, 30 failed again, in v1–v3.` Sets are those of what failed. */
export function doneWords(title: string, replay: Replay, sets: readonly number[]): string {
  const { completed, known, fresh, unseen, skipped } = replayCounts(replay)
  const some = (jobs: number, words: string): string =>
    jobs === 0 ? '' : `, ${thousands(jobs)} ${words}`
  const where = sets.length === 0 ? '' : `, in ${setsWords(sets)}`
  const failed = some(known + fresh, `failed again${where}`)
  const rest = `${some(unseen, 'not seen to end')}${some(skipped, 'not there any more')}`
  return `Done: the ${title}: ${thousands(completed)} completed${failed}${rest}.`
}

const MOST_SETS = 3

function setsWords(sets: readonly number[]): string {
  const sorted = sets.toSorted((a, b) => a - b)
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)]
  const names = sorted.map((number) => `\`v${number}\``)
  if (names.length > 2 && last - first === names.length - 1) return `\`v${first}\`–\`v${last}\``
  const more = names.length - MOST_SETS
  return listing(more > 0 ? [...names.slice(0, MOST_SETS), `${more} more`] : names)
}
