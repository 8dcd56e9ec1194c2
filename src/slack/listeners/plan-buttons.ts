import { titleOf } from '../../domain/action-words.ts'
import type { Actor, Plan } from '../../domain/action.ts'
import type { PlanVerb } from '../../domain/command.ts'
import { OperatorError } from '../../domain/errors.ts'
import { replayName } from '../../domain/replay-lines.ts'
import { plural } from '../../domain/text.ts'
import { approvePlan, rejectPlan, withdrawPlan } from '../../usecases/actions/judge-plan.ts'
import { goOnReplay, holdReplay, promoteReplay } from '../../usecases/actions/replay/orders.ts'
import { signOff } from '../../usecases/actions/sign-off.ts'
import { stopPlan } from '../../usecases/actions/stop-plan.ts'
import type { Deps } from '../../usecases/deps.ts'
import { renderDone } from '../render/done.ts'
import type { Conversation, ListenerContext } from './context.ts'

/** What is said to a plan on its card, or by its number. */
export type PlanWord = Exclude<PlanVerb, 'promote_wave'> | 'sign_off' | 'promote'

/** Which plan, and which of its waves, where that was said. */
interface Said {
  readonly planId: string
  readonly wave?: number
}

interface Deed {
  readonly run: (deps: Deps, about: Said & { readonly actor: Actor }) => Promise<Plan>
  readonly answer: (plan: Plan) => readonly string[]
}

const DEEDS: Readonly<Record<PlanWord, Deed>> = {
  approve: {
    run: approvePlan,
    answer: (plan) =>
      plan.state === 'requested'
        ? [`You approved the ${titleOf(plan)}. It needs another person as well.`]
        : [
            `You approved the ${titleOf(plan)}. It is carried out now; the card shows what becomes of it.`,
          ],
  },
  reject: {
    run: rejectPlan,
    answer: (plan) => [
      `You rejected the ${titleOf(plan)}. Nothing was changed; <@${plan.actor.userId}> is told.`,
    ],
  },
  withdraw: {
    run: withdrawPlan,
    answer: (plan) => [`You withdrew the ${titleOf(plan)}. Nothing was changed.`],
  },
  stop: {
    run: stopPlan,
    answer: (plan) => [
      `You asked the ${titleOf(plan)} to stop. ${restOf(plan)} The card shows how far it came.`,
    ],
  },
  hold: {
    run: holdReplay,
    answer: (plan) => [
      `You hold the ${replayName(plan)}. Nothing more is put in line until somebody lets it go on; what is in line already runs.`,
    ],
  },
  go_on: {
    run: goOnReplay,
    answer: (plan) => [`You let the ${replayName(plan)} go on. Its card shows how it goes.`],
  },
  promote: {
    run: promoteReplay,
    answer: (plan) => [
      `You promoted the wave of the ${replayName(plan)}. The next one begins now; the card shows how it goes.`,
    ],
  },
  sign_off: {
    run: signOff,
    answer: (plan) => [`You signed off the ${titleOf(plan)}.`],
  },
}

function restOf({ action, queues, jobs }: Plan): string {
  if (action === 'replay')
    return 'Nothing more of it is put in line; what waits in line goes to the vault, what is at work comes to its end.'
  return jobs === null
    ? `Of ${plural(queues.length, 'queue')}, those under way are brought to their end and the rest is not touched.`
    : 'The jobs in hand are brought to their end, at most a thousand; the others stay where they are.'
}

export const isPlanWord = (kind: string): kind is PlanWord => kind in DEEDS

/** Does it and says so to whoever did it; the room hears of it from the card. */
export async function sayToPlan(
  { deps }: ListenerContext,
  talk: Conversation,
  word: PlanWord,
  said: Said,
): Promise<void> {
  const { run, answer } = DEEDS[word]
  const plan = await run(deps, { ...said, actor: talk.actor })
  const [first = '', ...rest] = answer(plan)
  await talk.say(renderDone(first, ...rest))
}

/** The plan of this number. Throws `bad_input` if there is none. */
export async function planIdOf({ deps }: ListenerContext, number: number): Promise<string> {
  const plan = await deps.store.now.plans.byNumber(number)
  if (plan !== null) return plan.id
  throw new OperatorError(
    'bad_input',
    `There is no plan ${number}.`,
    'Nothing was changed. `pending` shows what waits.',
  )
}

/** The number of the plan of this id. Throws `stale_button` if there is none. */
export async function planNumberOf({ deps }: ListenerContext, id: string): Promise<number> {
  const plan = await deps.store.now.plans.byId(id)
  if (plan !== null) return plan.number
  throw new OperatorError('stale_button', 'This is not known any more.', 'Nothing was changed.')
}
