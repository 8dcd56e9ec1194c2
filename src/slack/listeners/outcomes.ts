import type { Plan } from '../../domain/action.ts'
import { plural } from '../../domain/text.ts'
import { replayDetailsView } from '../../usecases/actions/replay-view.ts'
import { jobPlan } from '../../usecases/jobs/read-accounts.ts'
import { sendOutcomes } from '../../usecases/jobs/send-outcomes.ts'
import { showOutcomes } from '../../usecases/jobs/show-outcomes.ts'
import { renderDone } from '../render/done.ts'
import type { Rendered } from '../render/elements.ts'
import { channel } from '../render/mrkdwn.ts'
import { renderOutcomes } from '../render/outcomes.ts'
import { renderReplayDetails } from '../render/replay-details.ts'
import type { Conversation, ListenerContext } from './context.ts'

/** What became of a plan's jobs: in short at once, then all of them as a file in the thread of the plan's card. */
export async function sayOutcomes(
  context: ListenerContext,
  talk: Conversation,
  { plan: number }: { readonly plan: number },
): Promise<void> {
  const plan = await jobPlan(context.deps.store.now, number)
  await talk.say(await inShort(context, plan))
  const { userId } = talk.actor
  const sent = await sendOutcomes(context.deps, { plan, userId, channelId: talk.channelId })
  const where =
    sent.channelId === null
      ? 'went to you directly'
      : `is in the thread of its card${sent.channelId === talk.channelId ? '' : ` in ${channel(sent.channelId) ?? 'its room'}`}`
  await talk.say(renderDone(`The table of ${plural(sent.jobs, 'job')} of plan ${number} ${where}.`))
}

/** A replay tells how its jobs did; any other plan whether it dealt with them. */
async function inShort({ deps, locale }: ListenerContext, plan: Plan): Promise<Rendered> {
  const details = await replayDetailsView(deps.store.now, plan, deps.clock.now())
  return details === null
    ? renderOutcomes(await showOutcomes(deps, { plan: plan.number }), locale)
    : renderReplayDetails(details, locale)
}
