import { nextStep } from '../../domain/replay-next.ts'
import { ignorable } from '../../domain/replay-verdict.ts'
import type { Replay } from '../../domain/replay.ts'
import { plural } from '../../domain/text.ts'
import type { ReplayView } from '../../domain/views-replay.ts'
import type { PlanTokens } from '../../domain/views.ts'
import type { Labels, Wording } from './elements.ts'

interface Buttons {
  readonly order: readonly (keyof PlanTokens)[]
  readonly labels: Labels
}

const STOP = {
  label: 'Halt',
  confirm: {
    title: 'Halt this replay?',
    text: 'Nothing more is put in line. What waits in line goes to the vault; what is at work comes to its end. It does not go on after that: the rest takes a new plan.',
    yes: 'Halt it',
    no: 'Not now',
  },
} as const

/** What people can do with a replay as it stands, the likeliest first; more than four would not fit on a phone. */
export function replayButtons(shown: ReplayView, at: Date): Buttons {
  const { replay, planned, left } = shown
  if (replay.state === 'halted' || replay.state === 'done')
    return {
      order: ['rest', 'outcomes', 'signOff'],
      labels: {
        rest:
          replay.state === 'halted'
            ? { label: `Go on with the rest (${plural(left, 'job')})…`, isPlain: true }
            : 'Replay the rest…',
      },
    }
  if (nextStep(replay, planned.ramp, at).kind === 'asks')
    return {
      order: ['promote', 'hold', 'stop', 'signOff'],
      labels: { stop: STOP, promote: `Promote: wave ${replay.wave + 2}` },
    }
  return {
    order: canGoOn(replay)
      ? ['goOn', 'promote', 'hold', 'stop', 'signOff']
      : ['promote', 'hold', 'stop', 'signOff'],
    labels: {
      stop: STOP,
      promote: promoteAnyway(replay),
      ...(replay.state !== 'held' || replay.isHeldByPerson
        ? {}
        : { goOn: GO_ON_ANYWAY, hold: 'Keep it held' }),
    },
  }
}

/** A hold of a person ends by a person; its own only where it lacks something that may be gone on in spite of. */
const canGoOn = ({ isHeldByPerson, gates }: Replay): boolean =>
  isHeldByPerson || ignorable(gates).length > 0

const GO_ON_ANYWAY = {
  label: 'Go on anyway…',
  isPlain: true,
  confirm: {
    title: 'Go on with this wave anyway?',
    text: 'What is missing or bad around it now holds this wave no more. How its own jobs do still counts, and what gets worse, too. The audit trail says that you decided it.',
    yes: 'Go on',
    no: 'Not now',
  },
} as const

/** What is not good enough by its own rules needs a second thought; the server asks for the right to it. */
function promoteAnyway(replay: Replay): Wording {
  const next = replay.waves[replay.wave + 1]
  const follows =
    next === undefined ? 'The replay is done then' : `${plural(next.size, 'job')} follow`
  return {
    label: 'Promote anyway…',
    isPlain: true,
    confirm: {
      title: 'Promote this wave anyway?',
      text: `Its gates are not all good. ${follows}; the audit trail says that you decided it.`,
      yes: 'Promote',
      no: 'Not now',
    },
  }
}
