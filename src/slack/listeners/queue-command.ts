import type { PlanVerb, QueueCommand } from '../../domain/command.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { freezeActions, liftFreeze } from '../../usecases/actions/freeze.ts'
import { listPending } from '../../usecases/actions/plan-card.ts'
import { searchAudit } from '../../usecases/audit/search-audit.ts'
import { requireMember } from '../../usecases/people/authorize.ts'
import { explainPolicy } from '../../usecases/people/explain.ts'
import { discoverWhereNothingIsKnown, matchQueues } from '../../usecases/queues/known-queues.ts'
import { listHeld } from '../../usecases/queues/list-held.ts'
import { listQueues } from '../../usecases/queues/list-queues.ts'
import { exactTypes, queueStatus } from '../../usecases/queues/queue-status.ts'
import { renderAudit } from '../render/audit.ts'
import { renderHeld } from '../render/held.ts'
import { renderQueueHelp } from '../render/help.ts'
import { renderMay } from '../render/may.ts'
import { renderPending } from '../render/pending.ts'
import { renderQueueList } from '../render/queue-list.ts'
import { renderStatus, renderTypes } from '../render/queue-status.ts'
import { renderFreezeNotice } from '../render/room.ts'
import { type Act, act, isAct } from './act-command.ts'
import type { Conversation, ListenerContext } from './context.ts'
import { sayFailed, sayJob, sayJobs, sayVault } from './job-commands.ts'
import { sayOutcomes } from './outcomes.ts'
import { planIdOf, sayToPlan } from './plan-buttons.ts'
import { target } from './target.ts'

type Read = Exclude<QueueCommand, Act>

/** Answers a parsed `/queue` command. Throws `OperatorError` for what the person must be told. */
export async function answerQueueCommand(
  context: ListenerContext,
  talk: Conversation,
  command: QueueCommand,
): Promise<void> {
  // Before anything else: the right to open a modal is gone after three seconds.
  if (isAct(command)) return act(context, talk, command)
  await requireMember(context.deps, talk.actor)
  return read(context, talk, command)
}

type Answers = {
  readonly [K in Read['kind']]: (
    context: ListenerContext,
    talk: Conversation,
    command: Extract<Read, { kind: K }>,
  ) => Promise<void>
}

const sayVerb = async (
  context: ListenerContext,
  talk: Conversation,
  command: Extract<Read, { kind: PlanVerb }>,
): Promise<void> => {
  const word = command.kind === 'promote_wave' ? 'promote' : command.kind
  await sayToPlan(context, talk, word, { planId: await planIdOf(context, command.plan) })
}

const ANSWERS: Answers = {
  help: ({ locale }, talk) => talk.say(renderQueueHelp(locale)),
  list: async ({ deps, locale }, talk, command) =>
    talk.say(renderQueueList(await listQueues(deps, command), locale)),
  status: (context, talk, command) => status(context, talk, command.queue),
  failed: sayFailed,
  jobs: sayJobs,
  job: sayJob,
  vault: sayVault,
  outcomes: sayOutcomes,
  held: async ({ deps, locale }, talk) => talk.say(renderHeld(await listHeld(deps), locale)),
  pending: async ({ deps, locale }, talk) =>
    talk.say(renderPending(await listPending(deps), locale)),
  async audit(context, talk, { filter }) {
    const { deps, locale } = context
    const plan = await planFilter(context, filter.plan)
    await talk.say(renderAudit(await searchAudit(deps, { ...filter, plan }), locale))
  },
  async may(context, talk, command) {
    const { ref } = await target(context, talk, command.queue)
    const asked = { actor: talk.actor, action: command.action, ref }
    await talk.say(renderMay(await explainPolicy(context.deps, asked), context.locale))
  },
  approve: sayVerb,
  reject: sayVerb,
  withdraw: sayVerb,
  stop: sayVerb,
  hold: sayVerb,
  go_on: sayVerb,
  promote_wave: sayVerb,
  async freeze({ deps, locale }, talk, { reason }) {
    const { actor, triggerId: onceId } = talk
    const freeze = await freezeActions(deps, { actor, reason, onceId })
    await talk.say(renderFreezeNotice({ kind: 'frozen', freeze }, locale, deps.clock.now()))
  },
  async unfreeze({ deps, locale }, talk) {
    await liftFreeze(deps, { actor: talk.actor, onceId: talk.triggerId })
    const notice = { kind: 'unfrozen', by: talk.actor.userId } as const
    await talk.say(renderFreezeNotice(notice, locale, deps.clock.now()))
  },
}

const read = <K extends Read['kind']>(
  context: ListenerContext,
  talk: Conversation,
  command: Extract<Read, { kind: K }>,
): Promise<void> => ANSWERS[command.kind](context, talk, command)

const PLAN_NUMBER = /^\d{1,15}$/

/** People know plans by their numbers, the trail by their ids. */
const planFilter = async (context: ListenerContext, plan: string | null): Promise<string | null> =>
  plan !== null && PLAN_NUMBER.test(plan) ? planIdOf(context, Number(plan)) : plan

/** One queue in detail; a word that means several, or none in a room without queue, as a list. */
async function status(
  context: ListenerContext,
  talk: Conversation,
  word: string | null,
): Promise<void> {
  const { deps, locale } = context
  if (word !== null) await discoverWhereNothingIsKnown(deps.systems)
  const isMany = word !== null && matchQueues(deps, word).length > 1
  if (isMany) return talk.say(renderQueueList(await listQueues(deps, { filter: word }), locale))
  const found = await target(context, talk, word)
  const view = await queueStatus(deps, found)
  await talk.say(renderStatus(view, locale))
  if (!view.detail.waitingTypes.isExact) await sayExactTypes(context, talk, found.ref)
}

/** The answer with a sample is out; who waits long enough gets every job counted. */
async function sayExactTypes(
  { deps }: ListenerContext,
  talk: Conversation,
  ref: QueueRef,
): Promise<void> {
  const types = await exactTypes(deps, { ref, forMs: COUNT_MS })
  if (types !== null) await talk.say(renderTypes(ref, types))
}

/** A million jobs take some seconds; whatever takes longer keeps its sample. */
const COUNT_MS = 60_000
