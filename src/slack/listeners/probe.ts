import type { ModalView } from '@slack/types'

import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { planProbe, runProbe, type ProbePurpose } from '../../usecases/recovery/probe.ts'
import {
  faultyProbe,
  loadingProbe,
  probeModal,
  probeOutcome,
  refusedProbe,
} from '../render/probe-modal.ts'
import { redeem } from './buttons.ts'
import type { ListenerContext } from './context.ts'
import { openView, showView } from './plan-modal.ts'

interface Click {
  readonly actor: Actor
  readonly token: string
}

/** Shows what a probe with side effects would send where; the modal opens before anything is looked up. */
export async function clickProbe(
  context: ListenerContext,
  { actor, token, triggerId }: Click & { readonly triggerId: string },
): Promise<void> {
  const viewId = await openView(context, triggerId, loadingProbe())
  const view = await filled(context, async () => {
    const purpose = await purposeOf(context, token)
    return probeModal(await planProbe(context.deps, { actor, purpose }), token)
  })
  await showView(context, viewId, view)
}

/** Runs it, and says in the modal what came of it; the checklist in the room says so, too. */
export async function submitProbe(
  context: ListenerContext,
  { actor, token, viewId }: Click & { readonly viewId: string },
): Promise<void> {
  const view = await filled(context, async () => {
    const purpose = await purposeOf(context, token)
    return probeOutcome(await runProbe(context.deps, { actor, purpose }))
  })
  await showView(context, viewId, view)
}

async function purposeOf(context: ListenerContext, token: string): Promise<ProbePurpose> {
  const { purpose } = await redeem(context, token)
  if (purpose.kind === 'probe') return purpose
  throw new OperatorError(
    'stale_button',
    'This button does not belong to its message.',
    'Nothing was sent.',
  )
}

/** The modal, or in it why there is none. */
async function filled(
  { deps }: ListenerContext,
  fill: () => Promise<ModalView>,
): Promise<ModalView> {
  try {
    return await fill()
  } catch (error) {
    if (error instanceof OperatorError) return refusedProbe(error)
    const reference = deps.ids.short()
    deps.log.error({ event: 'probe.failed', reference, err: error }, 'a probe was not run in order')
    return faultyProbe(reference)
  }
}
