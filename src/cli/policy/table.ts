import { formatDuration } from '../../domain/duration.ts'
import { ALL_TIERS, type ApprovalRule, type Role } from '../../domain/policy.ts'
import type { Settings } from '../../domain/settings.ts'

/** A table's row: each cell is a list, one entry a line. */
type Row = readonly (readonly string[])[]

/** The rules of the configuration as tables, a role or rule a row. */
export const printPolicy = ({ roles, policy }: Pick<Settings, 'roles' | 'policy'>): string =>
  [
    roles.length === 0
      ? 'No roles: nobody may do anything but look.'
      : table(ROLES, roles.map(roleRow)),
    policy.approvers.length === 0
      ? 'Where approval is due, 1 other person must approve.'
      : table(RULES, [...policy.approvers.map(ruleRow), REST]),
    [
      `A preview stands for ${formatDuration(policy.planTtlMs)}, a request for approval for ${formatDuration(policy.approvalTtlMs)}.`,
      `In any ${formatDuration(policy.limits.windowMs)}: at most ${policy.limits.perPerson} actions by a person, ${policy.limits.perQueue} on a queue.`,
      'What no role allows is refused.',
    ].join('\n'),
  ].join('\n\n') + '\n'

const ROLES: Row = [
  ['ROLE'],
  ['WHO'],
  ['QUEUES'],
  ['TIERS'],
  ['ACTIONS'],
  ['APPROVES'],
  ['BREAKS GLASS'],
]

const roleRow = (role: Role): Row => [
  [role.name],
  [...role.users, ...role.groups],
  role.queues,
  tiersOf(role.tiers),
  role.actions,
  role.approves,
  role.breaksGlass,
]

const RULES: Row = [['APPROVAL OF'], ['ON'], ['TIERS'], ['APPROVERS']]

const ruleRow = ({ match, tiers, actions, count }: ApprovalRule): Row => [
  actions,
  [match],
  tiersOf(tiers),
  [String(count)],
]

const REST: Row = [['everything else'], ['*'], ['all'], ['1']]

const tiersOf = (tiers: readonly string[]): readonly string[] =>
  tiers.length === ALL_TIERS.length ? ['all'] : tiers

function table(head: Row, rows: readonly Row[]): string {
  const all = [head, ...rows.map((row) => row.map((cell) => (cell.length === 0 ? ['-'] : cell)))]
  const widths = head.map((_, column) =>
    Math.max(...all.flatMap((row) => row[column] ?? []).map(({ length }) => length)),
  )
  return all.flatMap((row) => linesOf(row, widths)).join('\n')
}

function linesOf(row: Row, widths: readonly number[]): readonly string[] {
  const height = Math.max(...row.map(({ length }) => length))
  return Array.from({ length: height }, (_, line) =>
    row
      .map((cell, column) => (cell[line] ?? '').padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
