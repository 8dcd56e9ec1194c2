import type { ModalView } from '@slack/types'

import type { ActionKind, Actor, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { ruleFor } from '../../domain/settings.ts'
import { planAction, type PlanRequest } from '../../usecases/actions/plan-action.ts'
import { requireRole } from '../../usecases/people/authorize.ts'
import { tokenFor } from '../../usecases/queues/queue-tokens.ts'
import { faultOf, toPortError } from '../faults.ts'
import {
  faultModal,
  loadingModal,
  planModal,
  refusedModal,
  searchingModal,
} from '../render/plan-modal.ts'
import { renderProposal } from '../render/proposal.ts'
import type { Conversation, ListenerContext } from './context.ts'
import { searchProgress } from './search-progress.ts'

/** What somebody wants done; which queues that are may take a look at the database. */
export interface Wish {
  readonly actor: Actor
  /** Null where only the button's row knows. */
  readonly action: ActionKind | null
  readonly target: () => Promise<Target>
}

export type Target = Omit<PlanRequest, 'actor'>

/** Opens the modal at once, then fills in the preview, or why there is none. */
export async function openPlan(
  context: ListenerContext,
  triggerId: string,
  wish: Wish,
): Promise<void> {
  const viewId = await openView(context, triggerId, loadingModal(wish.action))
  const search = searchProgress(
    (action, share) => showView(context, viewId, searchingModal(action, share)),
    () => performance.now(),
  )
  const preview = await previewOf(context, wish, search.onProgress)
  await search.shown()
  const showing = await showView(context, viewId, preview)
  if (showing === 'refused') await admit(context, viewId, wish.action)
}

/** Says in the modal that it has no preview; throws the same where Slack does not even take that. */
async function admit(
  context: ListenerContext,
  viewId: string,
  action: ActionKind | null,
): Promise<void> {
  const failure = new OperatorError(
    'slack_unreachable',
    'Slack did not take the preview, so there is none to confirm.',
    'Nothing was changed. Ask again; if it stays so, the log says what Slack does not like.',
  )
  if ((await showView(context, viewId, refusedModal(action, failure))) === 'refused') throw failure
}

/** Throws `OperatorError` when Slack does not open it: without a modal there is no preview. */
export async function openView(
  { client }: ListenerContext,
  triggerId: string,
  view: ModalView,
): Promise<string> {
  try {
    const opened = await client.views.open({ trigger_id: triggerId, view })
    if (opened.view?.id === undefined) throw new Error('Slack opened a modal without an id')
    return opened.view.id
  } catch (error) {
    const known = toPortError(error, 'open the window with the preview')
    if (known instanceof OperatorError) throw known
    throw new OperatorError(
      'slack_unreachable',
      `${known.message}.`,
      'Nothing was changed. Click or ask once more; Slack gives three seconds for each.',
      error,
    )
  }
}

async function previewOf(
  context: ListenerContext,
  wish: Wish,
  onProgress: (action: ActionKind, share: number) => void,
): Promise<ModalView> {
  const { deps, locale } = context
  try {
    const target = await wish.target()
    const request = {
      actor: wish.actor,
      ...target,
      onProgress: (share: number) => onProgress(target.action, share),
    }
    return planModal(await planAction(deps, request), locale)
  } catch (error) {
    return problemModal(context, wish.action, error)
  }
}

/** What a person sees in the modal when something is refused, or is our fault. */
export function problemModal(
  { deps }: ListenerContext,
  action: ActionKind | null,
  error: unknown,
): ModalView {
  if (error instanceof OperatorError) return refusedModal(action, error)
  const reference = deps.ids.short()
  deps.log.error({ event: 'modal.failed', reference, err: error }, 'a modal could not be filled in')
  return faultModal(action, reference)
}

/** What became of a view: seen, too late because the person closed the modal, or not taken by Slack. */
export type Showing = 'shown' | 'closed' | 'refused'

/** Replaces what the modal shows. Whoever did not get to see it must be told elsewhere. */
export async function showView(
  { client, deps }: ListenerContext,
  viewId: string,
  view: ModalView,
): Promise<Showing> {
  try {
    await client.views.update({ view_id: viewId, view })
    return 'shown'
  } catch (error) {
    const fault = faultOf(error)
    if (fault.kind === 'refused' && fault.code === 'not_found') return 'closed'
    deps.log.error({ event: 'modal.refused', err: error }, 'Slack did not take a view')
    return 'refused'
  }
}

/** Where no modal can be opened: a message with the button that opens it. */
export async function proposePlan(
  context: ListenerContext,
  talk: Conversation,
  wish: Wish,
): Promise<void> {
  const { deps } = context
  const {
    action,
    refs,
    scope,
    incidentId,
    holdMs,
    jobs = null,
    throttle = null,
  } = await wish.target()
  const queues = refs.map((ref) => ({ ref, tier: ruleFor(deps.settings, ref).tier }))
  await requireRole(deps, { actor: wish.actor, action, queues, incidentId })
  const purpose = {
    kind: 'plan' as const,
    action,
    scope,
    refs,
    incidentId,
    holdMs,
    ...(throttle === null ? {} : { throttle: { to: throttle.to, thenMs: throttle.thenMs } }),
    ...(jobs === null ? {} : { jobs: { filter: jobs.filter, options: jobs.options } }),
  }
  await talk.say(renderProposal({ action, scope, refs, token: await tokenFor(deps, purpose) }))
}

/** Waits until a plan is over or waits for others, so that the person sees it; null if it takes longer. */
export async function untilOver(
  { deps }: ListenerContext,
  planId: string,
  forMs: number,
): Promise<Plan | null> {
  const until = deps.clock.now().getTime() + forMs
  for (;;) {
    const plan = await deps.store.now.plans.byId(planId)
    if (plan !== null && plan.finishedAt !== null) return plan
    if (deps.clock.now().getTime() >= until) return null
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

const POLL_MS = 300
