import type { ActionKind } from '../domain/action.ts'
import type { Path, Problem } from './problems.ts'
import type { ConfigFile } from './schema.ts'

type ApprovalRule = ConfigFile['policy']['approvals'][number]

/** A role must name somebody and grant something. */
export const checkRoles = (file: ConfigFile): Problem[] =>
  Object.entries(file.roles).flatMap(([name, role]) => {
    const path: Path = ['roles', name]
    const problems: Problem[] = []
    if (role.users.length + role.groups.length === 0)
      problems.push({ path, words: 'names nobody; give it users or groups.' })
    if (role.actions.length + role.approves.length + role.break_glass.length === 0)
      problems.push({ path, words: 'grants nothing; give it actions, approves or break_glass.' })
    return problems
  })

/** Nobody approves what they ordered, so a rule for N approvers needs N people beside the requester. */
export const checkApprovals = (file: ConfigFile): Problem[] =>
  file.policy.approvals.flatMap((rule, index) => {
    const words = shortage(file, rule)
    return words === null ? [] : [{ path: ['policy', 'approvals', index, 'approvers'], words }]
  })

function shortage(file: ConfigFile, rule: ApprovalRule): string | null {
  const able = rule.actions
    .map((action) => ({ action, count: approversOf(file, rule, action) }))
    .filter(({ count }) => count > 0)
  const wanted = rule.approvers + 1
  if (able.length === 0)
    return 'can never be met: no role that covers these tiers approves one of these actions.'
  const short = able.find(({ count }) => count < wanted)
  if (short === undefined) return null
  const { action, count } = short
  return `can never be met for everybody who may order it: ${rule.approvers} must approve ${action} beside the requester, and only ${count} may. Name ${wanted} people or a user group in roles that approve it.`
}

/** People named by id who may approve it; a user group counts as any number of them. */
function approversOf(file: ConfigFile, rule: ApprovalRule, action: ActionKind): number {
  const roles = Object.values(file.roles).filter(
    (role) =>
      role.approves.includes(action) && role.tiers.some((tier) => rule.tiers.includes(tier)),
  )
  if (roles.some((role) => role.groups.length > 0)) return Number.POSITIVE_INFINITY
  return new Set(roles.flatMap((role) => role.users)).size
}
