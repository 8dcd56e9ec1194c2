import { json, Refusal, string, type Args, type Method } from './call.ts'
import { faultsInView, isViewTooLarge } from './limits.ts'
import type { FakeView, SlackState } from './state.ts'

const TRIGGER_MS = 3000

const authTest: Method = (state) => ({
  url: 'https://spillway.slack.example/',
  team: 'Spillway',
  user: 'spillway',
  team_id: state.teamId,
  user_id: state.botUserId,
  bot_id: state.botId,
})

const teamInfo: Method = (state) => ({ team: { id: state.teamId, name: 'Spillway' } })

const userInfo: Method = (state, args) => {
  const user = state.users.get(string(args, 'user'))
  if (user === undefined) throw new Refusal('user_not_found')
  return {
    user: {
      id: user.id,
      name: user.name,
      team_id: user.teamId,
      deleted: user.isDeleted,
      is_bot: user.isBot,
      is_restricted: user.isGuest,
      is_ultra_restricted: false,
    },
  }
}

const groupUsers: Method = (state, args) => {
  const users = state.groups.get(string(args, 'usergroup'))
  if (users === undefined) throw new Refusal('no_such_subteam')
  return { users }
}

function exchange(state: SlackState, args: Args): string {
  const trigger = state.triggers.get(string(args, 'trigger_id'))
  if (trigger === undefined) throw new Refusal('invalid_trigger_id')
  if (trigger.isUsed) throw new Refusal('exchanged_trigger_id')
  if (state.now() - trigger.madeAt > TRIGGER_MS) throw new Refusal('expired_trigger_id')
  trigger.isUsed = true
  return trigger.user
}

function checkedView(args: Args): Readonly<Record<string, unknown>> {
  const view = json(args, 'view')
  const faults = faultsInView(view)
  if (faults.length > 0 || typeof view !== 'object' || view === null) {
    throw new Refusal('invalid_arguments', { response_metadata: { messages: faults } })
  }
  if (isViewTooLarge(view)) throw new Refusal('view_too_large')
  return { ...view }
}

const answerOf = (open: FakeView) => ({ view: { ...open.view, id: open.id, hash: open.hash } })

const openView: Method = (state, args) => {
  const user = exchange(state, args)
  const view = checkedView(args)
  const id = `V0${state.serial()}`
  const open = { id, user, hash: state.ts(), view, isOpen: true }
  state.views.set(id, open)
  return answerOf(open)
}

const updateView: Method = (state, args) => {
  const open = state.views.get(string(args, 'view_id'))
  if (open === undefined || !open.isOpen) throw new Refusal('not_found')
  const hash = string(args, 'hash')
  if (hash !== '' && hash !== open.hash) throw new Refusal('hash_conflict')
  open.view = checkedView(args)
  open.hash = state.ts()
  return answerOf(open)
}

const publishView: Method = (state, args) => {
  const user = string(args, 'user_id')
  if (!state.users.has(user)) throw new Refusal('user_not_found')
  state.homes.set(user, checkedView(args))
  return {}
}

export const peopleMethods = {
  'auth.test': authTest,
  'team.info': teamInfo,
  'users.info': userInfo,
  'usergroups.users.list': groupUsers,
  'views.open': openView,
  'views.update': updateView,
  'views.publish': publishView,
} as const
