import type {
  AllMiddlewareArgs,
  BlockAction,
  SlackActionMiddlewareArgs,
  SlackCommandMiddlewareArgs,
  SlackEventMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt'
import type { WebClient } from '@slack/web-api'

import { OperatorError } from '../domain/errors.ts'
import type { Ids, Log } from '../domain/ports/runtime.ts'
import type { Rendered } from './render/elements.ts'
import { renderFault, renderProblem } from './render/problem.ts'
import { createTurns } from './turns.ts'

/** Answers the person who asked, and nobody else. */
type Reply = (rendered: Rendered) => Promise<void>

/** How one command, click, submission or mention went; for metrics. */
export interface Interaction {
  readonly kind: 'command' | 'action' | 'view' | 'mention'
  /** The command, action id or callback id. */
  readonly name: string
  /** From the start of our handling to Slack's receipt of the acknowledgement. */
  readonly ackMs: number
  readonly ms: number
  readonly outcome: 'ok' | 'refused' | 'fault'
}

type CommandArgs = SlackCommandMiddlewareArgs & AllMiddlewareArgs
type ActionArgs = SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs
type ViewArgs = SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs
type MentionArgs = SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs

interface ViewOptions {
  /** Acknowledges the submission, e.g. with `response_action: 'update'`; default: the modal closes. */
  readonly ack?: (args: ViewArgs) => Promise<void>
  /** The channel in which the person asked, if the view knows it. */
  readonly channelOf?: (args: ViewArgs) => string | null
}

/**
 * Wraps listeners. Each is acknowledged before any work, and whatever it throws is told to the person: an
 * `OperatorError` in its own words, anything else as a reference that finds the log line. Nobody who
 * clicks ever sees nothing.
 */
export interface Guard {
  command(
    run: (args: CommandArgs, reply: Reply) => Promise<void>,
  ): (args: CommandArgs) => Promise<void>
  action(
    run: (args: ActionArgs, reply: Reply) => Promise<void>,
  ): (args: ActionArgs) => Promise<void>
  view(
    run: (args: ViewArgs, reply: Reply) => Promise<void>,
    options?: ViewOptions,
  ): (args: ViewArgs) => Promise<void>
  mention(
    run: (args: MentionArgs, reply: Reply) => Promise<void>,
  ): (args: MentionArgs) => Promise<void>
}

export interface GuardDeps {
  readonly ids: Pick<Ids, 'uuid'>
  readonly log: Log
  readonly onInteraction?: (interaction: Interaction) => void
}

interface Parts extends GuardDeps {
  readonly turn: () => Promise<void>
}

interface Handling {
  readonly kind: Interaction['kind']
  readonly name: string
  readonly user: string
  readonly ack: () => Promise<void>
  readonly reply: Reply
  readonly run: (reply: Reply) => Promise<void>
}

export function createGuard(given: GuardDeps): Guard {
  const deps: Parts = { ...given, turn: createTurns() }
  const isNew = createSeen()
  return {
    command: (run) => (args) =>
      handle(deps, {
        kind: 'command',
        name: args.command.command,
        user: args.command.user_id,
        ack: () => args.ack(),
        reply: toCommand(deps, args),
        run: (reply) => run(args, reply),
      }),
    action: (run) => (args) =>
      handle(deps, {
        kind: 'action',
        name: args.action.action_id,
        user: args.body.user.id,
        ack: () => args.ack(),
        reply: toAction(deps, args),
        run: (reply) => run(args, reply),
      }),
    view:
      (run, options = {}) =>
      (args) =>
        handle(deps, {
          kind: 'view',
          name: args.view.callback_id,
          user: args.body.user.id,
          ack: () => (options.ack === undefined ? args.ack() : options.ack(args)),
          reply: toView(deps, args, options.channelOf?.(args) ?? null),
          run: (reply) => run(args, reply),
        }),
    // Slack sends an event again when it believes that we were late; the first one is being handled.
    mention: (run) => async (args) => {
      if (!isNew(args.body.event_id)) return
      await handle(deps, {
        kind: 'mention',
        name: 'app_mention',
        user: args.event.user ?? '',
        // Bolt acknowledges events by itself, before listeners.
        ack: () => Promise.resolve(),
        reply: toMention(deps, args),
        run: (reply) => run(args, reply),
      })
    },
  }
}

const REMEMBERED_EVENTS = 1000

/** True the first time an id is given. */
function createSeen(): (id: string) => boolean {
  const seen = new Set<string>()
  return (id) => {
    if (seen.has(id)) return false
    seen.add(id)
    const [oldest] = seen
    if (seen.size > REMEMBERED_EVENTS && oldest !== undefined) seen.delete(oldest)
    return true
  }
}

async function handle(deps: Parts, handling: Handling): Promise<void> {
  const startedAt = performance.now()
  await handling.ack()
  const ackMs = performance.now() - startedAt
  const outcome = await attempt(deps, handling)
  const { kind, name } = handling
  deps.onInteraction?.({ kind, name, ackMs, ms: performance.now() - startedAt, outcome })
}

async function attempt(deps: Parts, handling: Handling): Promise<Interaction['outcome']> {
  try {
    await handling.run(handling.reply)
    return 'ok'
  } catch (error) {
    await deps.turn()
    const facts = { kind: handling.kind, name: handling.name, user: handling.user }
    if (error instanceof OperatorError) {
      deps.log.info({ event: 'slack.refused', code: error.code, ...facts }, error.message)
      await handling.reply(renderProblem(error))
      return 'refused'
    }
    const reference = deps.ids.uuid().slice(0, 8)
    deps.log.error({ event: 'slack.fault', reference, err: error, ...facts }, 'a listener failed')
    await handling.reply(renderFault(reference))
    return 'fault'
  }
}

/** Tries one way after the other; when none works, the log says what the person did not get to read. */
function firstThatWorks(
  deps: Parts,
  ways: readonly ((rendered: Rendered) => Promise<unknown>)[],
): Reply {
  return async (rendered) => {
    let last: unknown
    await deps.turn()
    for (const way of ways) {
      try {
        await way(rendered)
        return
      } catch (error) {
        last = error
      }
    }
    deps.log.error({ event: 'slack.reply_failed', err: last, text: rendered.text }, 'not answered')
  }
}

type Respond = CommandArgs['respond']

/** A local Slack shows a response without a type to everybody, so it is always given. */
const byUrl = (respond: Respond) => (rendered: Rendered) =>
  respond({
    response_type: 'ephemeral',
    replace_original: false,
    text: rendered.text,
    blocks: rendered.blocks,
  })

const ephemerally =
  (client: WebClient, channel: string, user: string, threadTs?: string) => (rendered: Rendered) =>
    client.chat.postEphemeral({
      channel,
      user,
      text: rendered.text,
      blocks: rendered.blocks,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    })

const directly = (client: WebClient, user: string) => (rendered: Rendered) =>
  client.chat.postMessage({ channel: user, text: rendered.text, blocks: rendered.blocks })

const toCommand = (deps: Parts, { respond, client, command }: CommandArgs): Reply =>
  firstThatWorks(deps, [byUrl(respond), directly(client, command.user_id)])

const toAction = (deps: Parts, { respond, client, body }: ActionArgs): Reply =>
  firstThatWorks(deps, [byUrl(respond), directly(client, body.user.id)])

function toView(deps: Parts, { client, body }: ViewArgs, channel: string | null): Reply {
  const inChannel = channel === null ? [] : [ephemerally(client, channel, body.user.id)]
  return firstThatWorks(deps, [...inChannel, directly(client, body.user.id)])
}

function toMention(deps: Parts, { client, event }: MentionArgs): Reply {
  const user = event.user ?? ''
  return firstThatWorks(deps, [
    ephemerally(client, event.channel, user, event.thread_ts),
    directly(client, user),
  ])
}
