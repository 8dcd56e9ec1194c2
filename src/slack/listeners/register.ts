import type { App, BlockAction } from '@slack/bolt'

import type { Actor } from '../../domain/action.ts'
import {
  parseIncidentCommand,
  parseMention,
  parseQueueCommand,
} from '../../domain/command-grammar.ts'
import { OperatorError } from '../../domain/errors.ts'
import { ACTION_IDS, CALLBACK_IDS } from '../action-ids.ts'
import type { Guard } from '../guard.ts'
import { workingModal } from '../render/plan-modal.ts'
import { sendingProbe } from '../render/probe-modal.ts'
import { clickButton, clickPlan } from './buttons.ts'
import type { ListenerContext } from './context.ts'
import { answerIncidentCommand } from './incident-command.ts'
import { submitPlan } from './plan-submit.ts'
import { clickProbe, submitProbe } from './probe.ts'
import { answerQueueCommand } from './queue-command.ts'
import { formErrors, readSubmission } from './submission.ts'

/** Binds everything that people can do to what answers it. */
export function registerListeners(app: App, guard: Guard, context: ListenerContext): void {
  bindCommands(app, guard, context)
  bindButtons(app, guard, context)
  bindModal(app, guard, context)
  bindProbes(app, guard, context)
  bindMentions(app, guard, context)
}

function bindCommands(app: App, guard: Guard, context: ListenerContext): void {
  const { queue, incident } = context.locale.commands
  app.command(
    queue,
    guard.command(async ({ command }, say) =>
      answerQueueCommand(context, talkOf(command, say), parseQueueCommand(command.text)),
    ),
  )
  app.command(
    incident,
    guard.command(async ({ command }, say) =>
      answerIncidentCommand(context, talkOf(command, say), parseIncidentCommand(command.text)),
    ),
  )
}

const talkOf = (
  command: { team_id: string; user_id: string; channel_id: string; trigger_id: string },
  say: Parameters<Parameters<Guard['command']>[0]>[1],
) => ({
  actor: { teamId: command.team_id, userId: command.user_id },
  channelId: command.channel_id,
  triggerId: command.trigger_id,
  say,
})

const actorOf = (body: {
  user: { id: string; team_id?: string }
  team: { id: string } | null
}): Actor => ({ teamId: body.user.team_id ?? body.team?.id ?? '', userId: body.user.id })

const tokenOf = (action: BlockAction['actions'][number]): string => {
  if (action.type === 'button') return action.value ?? ''
  return action.type === 'overflow' ? action.selected_option.value : ''
}

function bindButtons(app: App, guard: Guard, context: ListenerContext): void {
  for (const name of PLANNING)
    app.action<BlockAction>(
      ACTION_IDS[name],
      guard.action(async ({ action: clicked, body }, say) => {
        const { trigger_id: triggerId } = body
        const talk = { actor: actorOf(body), channelId: body.channel?.id ?? '', triggerId, say }
        await clickPlan(context, talk, { name, token: tokenOf(clicked), triggerId })
      }),
    )
  for (const name of DOING)
    app.action<BlockAction>(
      ACTION_IDS[name],
      guard.action(async ({ action: clicked, body }, say) => {
        const { trigger_id: triggerId } = body
        const talk = { actor: actorOf(body), channelId: body.channel?.id ?? '', triggerId, say }
        await clickButton(context, talk, tokenOf(clicked))
      }),
    )
}

/** Buttons that open a preview. */
const PLANNING = [
  'pause',
  'resume',
  'throttle',
  'undo',
  'again',
  'plan',
  'quarantine',
  'retry',
  'unstick',
  'release',
  'replay',
  'rest',
] as const

/** Buttons that do what their row says, at once. */
const DOING = [
  'ack',
  'status',
  'failed',
  'next',
  'resolve',
  'unfreeze',
  'more',
  'approve',
  'reject',
  'withdraw',
  'stop',
  'signOff',
  'hold',
  'goOn',
  'promote',
  'outcomes',
] as const

function bindModal(app: App, guard: Guard, context: ListenerContext): void {
  app.view(
    { type: 'view_submission', callback_id: CALLBACK_IDS.planSubmit },
    guard.view(
      async ({ body, view }) => {
        const submission = readSubmission(view)
        if (formErrors(submission) === null) await submitPlan(context, actorOf(body), submission)
      },
      {
        async ack({ ack, view }) {
          const submission = readSubmission(view)
          const errors = formErrors(submission)
          await (errors === null
            ? ack({
                response_action: 'update',
                view: workingModal(submission.action, submission.places),
              })
            : ack({ response_action: 'errors', errors }))
        },
      },
    ),
  )
}

/** Probes with side effects: what is sent is shown first, and sent by a second click. */
function bindProbes(app: App, guard: Guard, context: ListenerContext): void {
  app.action<BlockAction>(
    ACTION_IDS.probe,
    guard.action(async ({ action: clicked, body }) => {
      const { trigger_id: triggerId } = body
      await clickProbe(context, { actor: actorOf(body), token: tokenOf(clicked), triggerId })
    }),
  )
  app.view(
    { type: 'view_submission', callback_id: CALLBACK_IDS.probeSubmit },
    guard.view(
      ({ body, view: { id: viewId, private_metadata: token } }) =>
        submitProbe(context, { actor: actorOf(body), token, viewId }),
      { ack: ({ ack }) => ack({ response_action: 'update', view: sendingProbe() }) },
    ),
  )
}

function bindMentions(app: App, guard: Guard, context: ListenerContext): void {
  app.event(
    'app_mention',
    guard.mention(async ({ event, body }, say) => {
      if (!(await isFirst(context, body.event_id))) return
      const actor = { teamId: event.user_team ?? body.team_id, userId: event.user ?? '' }
      const talk = { actor, channelId: event.channel, triggerId: null, say }
      const said = parseMention(event.text)
      await ('queue' in said
        ? answerQueueCommand(context, talk, said.queue)
        : answerIncidentCommand(context, talk, said.incident))
    }),
  )
}

/** Slack sends an event again when it doubts that it arrived; a mention is answered once. */
async function isFirst({ deps }: ListenerContext, eventId: string): Promise<boolean> {
  try {
    return await deps.store.now.control.claim(`event:${eventId}`, deps.clock.now())
  } catch (error) {
    if (error instanceof OperatorError) return true
    throw error
  }
}
