import type { Plan } from '../../domain/action.ts'
import { replayCounts, replaySource } from '../../domain/replay-lines.ts'
import { currentWave, nextStep } from '../../domain/replay-next.ts'
import type { Replay } from '../../domain/replay.ts'
import { listing, thousands } from '../../domain/text.ts'
import type { ReplayView } from '../../domain/views-replay.ts'
import { mention, queueName, sentence } from './mrkdwn.ts'

const MAX_REASON = 200

/** `` Replay of v7 → `sales/email` ``. */
export function title(plan: Pick<Plan, 'jobs' | 'queues'>): string {
  const [first] = plan.queues
  const where = plan.jobs?.options.target ?? first?.ref
  return `Replay of ${replaySource(plan)}${where === undefined ? '' : ` → ${queueName(where)}`}`
}

const STATE_WORDS: Readonly<Record<Replay['state'], string>> = {
  running: '',
  held: ': held',
  halting: ': halting',
  halted: ': halted',
  done: ': done',
}

export const stateWords = ({ state }: Replay): string => STATE_WORDS[state]

/** How it ended; null while it lasts. */
export const endedAs = ({ state }: Replay): 'halted' | 'done' | null =>
  state === 'halted' || state === 'done' ? state : null

/** For the lock screen: the state, the wave, its verdict, and who has to look after it. */
export function lockScreenText(plan: Plan, view: ReplayView): string {
  const { replay } = view
  const isCalm = replay.state === 'running' || replay.state === 'done'
  const call = isCalm ? '' : `${mention(plan.actor.userId)} `
  const why =
    isCalm || replay.reason === null ? '' : `. ${capital(sentence(replay.reason, MAX_REASON))}`
  const state = isAsking(view) ? ': waits for your click' : stateWords(replay)
  return `${call}${title(plan)}${state}${waveWords(replay)}: ${listing(numbers(view))}${why}`
}

/** Nothing is wrong with it: the wave is good, and a person starts the next one. */
const isAsking = ({ replay, planned }: ReplayView): boolean =>
  replay.state === 'held' && nextStep(replay, planned.ramp, replay.seenAt).kind === 'asks'

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)

/** `, wave 2 of 4`. */
function waveWords(replay: Replay): string {
  const wave = currentWave(replay)
  if (wave === null) return ''
  const count = replay.waves.length
  return count === 1 ? '' : `, wave ${wave.index + 1} of ${count}`
}

function numbers({ replay, left }: ReplayView): readonly string[] {
  const { completed, known, fresh, unseen, planned } = replayCounts(replay)
  const some = (count: number, words: string): readonly string[] =>
    count === 0 ? [] : [`${thousands(count)} ${words}`]
  return [
    `${thousands(completed)} of ${thousands(planned)} completed`,
    ...some(known + fresh, 'failed'),
    ...some(unseen, 'not seen to end'),
    ...some(endedAs(replay) === null ? 0 : left, 'never ran'),
  ]
}
