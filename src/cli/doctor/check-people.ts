import { ACTION_KINDS } from '../../domain/action.ts'
import type { Role } from '../../domain/policy.ts'
import { listing } from '../../domain/text.ts'
import { notesOn, wordsOf, type Finding } from './finding.ts'
import type { DoctorPorts, SlackProbe } from './ports.ts'

const note = notesOn('people')

/** Whether everyone whom the configuration names exists, and somebody may stop and start a queue. */
export async function checkPeople({ config, slack }: DoctorPorts): Promise<readonly Finding[]> {
  const { roles, queueRules, rooms } = config.settings
  const invited = [...rooms.invite, ...queueRules.flatMap((rule) => rule.owners)]
  const isGroup = (id: string): boolean => id.startsWith('S')
  const userIds = new Set([
    ...roles.flatMap((role) => role.users),
    ...invited.filter((id) => !isGroup(id)),
  ])
  const groupIds = new Set([...roles.flatMap((role) => role.groups), ...invited.filter(isGroup)])

  const users = await Promise.all([...userIds].map((id) => checkUser(slack, id)))
  const groups = await Promise.all([...groupIds].map((id) => checkGroup(slack, id)))
  const acting = new Set([
    ...users.filter(({ isUsable }) => isUsable).map(({ id }) => id),
    ...groups.filter(({ isUsable }) => isUsable).map(({ id }) => id),
  ])
  const problems = [...users, ...groups].flatMap(({ findings }) => findings)
  return [
    ...(problems.length === 0 && userIds.size + groupIds.size > 0
      ? [note.ok(`${userIds.size} people and ${groupIds.size} groups are named, and all exist`)]
      : problems),
    ...(['pause', 'resume', 'freeze'] as const).map((action) => checkAction(action, roles, acting)),
    checkApproval(roles, acting),
  ]
}

interface Checked {
  readonly id: string
  readonly isUsable: boolean
  readonly findings: readonly Finding[]
}

const REPLACE = 'Correct the id in the configuration, or take it out.'

async function checkUser(slack: SlackProbe, id: string): Promise<Checked> {
  try {
    const { name, isGone, isBot } = await slack.user(id)
    if (isGone) return unusable(id, note.warn(`${name} (${id}) is deactivated in Slack`, REPLACE))
    if (isBot) return unusable(id, note.warn(`${name} (${id}) is a bot; bots may not act`, REPLACE))
    return { id, isUsable: true, findings: [] }
  } catch (error) {
    return unusable(id, note.fail(`the user ${id} could not be found: ${wordsOf(error)}`, REPLACE))
  }
}

async function checkGroup(slack: SlackProbe, id: string): Promise<Checked> {
  try {
    const members = await slack.groupMembers(id)
    if (members.length > 0) return { id, isUsable: true, findings: [] }
    return unusable(
      id,
      note.warn(`the user group ${id} has no members`, 'Add people to it in Slack.'),
    )
  } catch (error) {
    return unusable(
      id,
      note.fail(`the user group ${id} could not be read: ${wordsOf(error)}`, REPLACE),
    )
  }
}

const unusable = (id: string, finding: Finding): Checked => ({
  id,
  isUsable: false,
  findings: [finding],
})

function checkAction(
  action: Role['actions'][number],
  roles: readonly Role[],
  acting: ReadonlySet<string>,
): Finding {
  const able = roles.filter(
    (role) => role.actions.includes(action) && usableIds(role, acting).length > 0,
  )
  return able.length > 0
    ? note.ok(`${action} is allowed to ${able.map(({ name }) => name).join(', ')}`)
    : note.fail(
        `nobody may ${action}`,
        `Give a role with people in it the action ${action}: what no role allows is refused.`,
      )
}

const usableIds = (role: Role, acting: ReadonlySet<string>): readonly string[] =>
  [...role.users, ...role.groups].filter((id) => acting.has(id))

/** Where approval is due, nobody approves their own: one person alone is as good as none. */
function checkApproval(roles: readonly Role[], acting: ReadonlySet<string>): Finding {
  const ordered = ACTION_KINDS.filter((action) =>
    roles.some((role) => role.actions.includes(action)),
  )
  const missing = ordered.filter((action) => {
    const able = roles.filter((role) => role.approves.includes(action))
    const ids = new Set(able.flatMap((role) => usableIds(role, acting)))
    return ids.size < 2 && ![...ids].some((id) => id.startsWith('S'))
  })
  return missing.length === 0
    ? note.ok('every action can be approved by somebody other than whoever orders it')
    : note.warn(
        `where approval is due, ${listing(missing, 'or')} cannot be approved for everybody`,
        'Give a role with a user group or two people in it `approves`: nobody approves their own.',
      )
}
