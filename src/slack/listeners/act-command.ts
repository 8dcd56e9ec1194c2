import type { JobOptions } from '../../domain/action.ts'
import type { QueueCommand } from '../../domain/command.ts'
import { OperatorError } from '../../domain/errors.ts'
import { isJobAction, jobActionRule, sourceOf } from '../../domain/job-actions.ts'
import type { JobCommand } from '../../domain/job-grammar.ts'
import type { QueueRef } from '../../domain/queue.ts'
import type { StopCommand } from '../../domain/stop-grammar.ts'
import { incidentAbout } from '../../usecases/incidents/find-incident.ts'
import { findQueue, findScope, type Scope } from '../../usecases/queues/known-queues.ts'
import { incidentOfRoom, type Conversation, type ListenerContext } from './context.ts'
import { openPlan, proposePlan, type Target } from './plan-modal.ts'

/** Commands that change something: each is previewed first. */
export type Act =
  | Extract<QueueCommand, { kind: 'resume' | 'unthrottle' }>
  | StopCommand
  | JobCommand

const QUEUE_ACTS: ReadonlySet<string> = new Set(['pause', 'resume', 'throttle', 'unthrottle'])

export const isAct = (command: QueueCommand): command is Act =>
  QUEUE_ACTS.has(command.kind) || isJobCommand(command)

const isJobCommand = (command: QueueCommand | Act): command is JobCommand =>
  'options' in command && isJobAction(command.kind)

/** Opens the preview at once, or says where it is opened, then fills it in. */
export async function act(
  context: ListenerContext,
  talk: Conversation,
  command: Act,
): Promise<void> {
  const wish = {
    actor: talk.actor,
    action: command.kind,
    target: () => targetOf(context, talk, command),
  }
  await (talk.triggerId === null
    ? proposePlan(context, talk, wish)
    : openPlan(context, talk.triggerId, wish))
}

async function targetOf(
  context: ListenerContext,
  talk: Conversation,
  command: Act,
): Promise<Target> {
  if (isJobCommand(command)) return jobTarget(context, talk, command)
  const scope = await scopeOf(context, talk, command.queue)
  return { ...scope, action: command.kind, ...howOf(command) }
}

/** For how long, and how slow. */
function howOf(command: Exclude<Act, JobCommand>): Pick<Target, 'holdMs' | 'throttle'> {
  switch (command.kind) {
    case 'pause':
      return { holdMs: command.holdMs, throttle: command.slow ?? null }
    case 'throttle':
      return { holdMs: command.holdMs, throttle: { to: command.to, thenMs: null } }
    case 'resume':
    case 'unthrottle':
      return { holdMs: null }
  }
}

/** Of one queue, or of several where each job stays in its own. */
async function jobTarget(
  context: ListenerContext,
  talk: Conversation,
  { kind, queue, filter, options, to }: JobCommand,
): Promise<Target> {
  const place = await placeOf(context, talk, { kind, queue, options })
  if (place.refs.length > 1 && !jobActionRule(kind).takesMany) throw onlyOne(kind, place)
  const target = to === null ? {} : { target: await findQueue(context.deps, to, null) }
  const jobs: { filter: string; options: JobOptions } = {
    filter,
    options: { ...options, ...target },
  }
  return { ...place, action: kind, holdMs: null, jobs }
}

/** The queue of a vault set or of a former plan, or those that were named. */
function placeOf(
  context: ListenerContext,
  talk: Conversation,
  { kind, queue, options }: Pick<JobCommand, 'kind' | 'queue' | 'options'>,
): Promise<Placed> {
  const { vault = 0, continues = 0 } = options
  const source = sourceOf(kind, options)
  if (source === 'vault') return scopeOfVault(context, vault)
  return source === 'plan' ? scopeOfPlan(context, continues) : scopeOf(context, talk, queue)
}

const onlyOne = (kind: string, { scope, refs }: Scope): OperatorError =>
  new OperatorError(
    'bad_input',
    `\`${kind}\` takes one queue, and \`${scope}\` means ${refs.length}.`,
    'Nothing was changed. Name one: each queue takes a plan of its own.',
  )

type Placed = Scope & { readonly incidentId: number | null }

async function scopeOfVault({ deps }: ListenerContext, number: number): Promise<Placed> {
  const set = await deps.store.now.vault.setByNumber(number)
  if (set === null)
    throw new OperatorError(
      'bad_input',
      `There is no vault set v${number}.`,
      'Nothing was changed. `vault` shows what there is.',
    )
  const incidentId = await incidentAbout(deps, set.ref, null)
  return { scope: `v${number}`, refs: [set.ref], incidentId }
}

/** Where the jobs of a former plan were; what came of it is looked up with its jobs. */
async function scopeOfPlan({ deps }: ListenerContext, number: number): Promise<Placed> {
  const plan = await deps.store.now.plans.byNumber(number)
  const [queue, ...others] = plan?.queues ?? []
  if (queue === undefined || others.length > 0)
    throw new OperatorError(
      'bad_input',
      plan === null ? `There is no plan ${number}.` : `Plan ${number} is no replay.`,
      'Nothing was changed. `audit` shows what was done lately.',
    )
  const incidentId = await incidentAbout(deps, queue.ref, null)
  return { scope: `plan ${number}`, refs: [queue.ref], incidentId }
}

/** The queues of an action: one, or all that a glob or a tier means. */
async function scopeOf(
  context: ListenerContext,
  talk: Conversation,
  word: string | null,
): Promise<Placed> {
  const ofRoom = await incidentOfRoom(context, talk.channelId)
  const found = await findScope(context.deps, word, ofRoom?.ref ?? null)
  const [ref, ...others]: readonly QueueRef[] = found.refs
  if (ref !== undefined && others.length === 0)
    return { ...found, incidentId: await incidentAbout(context.deps, ref, ofRoom) }
  return { ...found, incidentId: ofRoom === null || ofRoom.state === 'resolved' ? null : ofRoom.id }
}
