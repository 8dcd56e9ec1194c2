import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ACTION_KINDS } from '../../../src/domain/action.ts'
import { matchesGlob } from '../../../src/domain/glob.ts'
import {
  ALL_TIERS,
  approvalsNeeded,
  mayAct,
  mayRead,
  type Member,
  type Question,
  type Right,
  type Role,
} from '../../../src/domain/policy.ts'
import { queueKey } from '../../../src/domain/queue.ts'

const aMember = (over: Partial<Member> = {}): Member => ({
  actor: { teamId: 'T1', userId: 'U1' },
  isVerified: true,
  isBot: false,
  isGuest: false,
  isForeign: false,
  groups: new Set(),
  unknownGroups: new Set(),
  problem: null,
  ...over,
})
const aRole = (over: Partial<Role> = {}): Role => ({
  name: 'operator',
  users: [],
  groups: ['S1'],
  queues: ['sales/*'],
  tiers: ALL_TIERS,
  actions: ['pause', 'resume'],
  approves: [],
  breaksGlass: [],
  ...over,
})
const email = { system: 'sales', queue: 'email:send' }
const pauseEmail: Question = { right: 'order', action: 'pause', ref: email, tier: 'medium' }
const inGroup = aMember({ groups: new Set(['S1']) })

describe('policy', () => {
  it('denies when no role is configured', () => {
    expect(mayAct(aMember(), pauseEmail, [])).toEqual({
      allow: false,
      reason: 'No role may pause `sales/email:send` (tier medium).',
      roles: [],
    })
  })

  it('denies who is not in the role, and names it', () => {
    expect(mayAct(aMember(), pauseEmail, [aRole()])).toEqual({
      allow: false,
      reason: 'You need the role *operator* to pause `sales/email:send`.',
      roles: ['operator'],
    })
  })

  it('allows by user group and by user id, and says by which', () => {
    expect(mayAct(inGroup, pauseEmail, [aRole()])).toEqual({
      allow: true,
      role: 'operator',
      reason: 'The role *operator* (user group S1) may pause `sales/email:send`.',
    })
    expect(mayAct(aMember(), pauseEmail, [aRole({ users: ['U1'] })])).toMatchObject({
      reason: 'The role *operator* (named by id) may pause `sales/email:send`.',
    })
  })

  it.each<[string, Partial<Question>]>([
    ['another action', { action: 'freeze', ref: null, tier: null }],
    ['another queue', { ref: { system: 'etl', queue: 'x' } }],
    ['another tier', { tier: 'critical' }],
    ['a queue of unknown tier', { tier: null }],
    ['to approve', { right: 'approve' }],
    ['to break glass', { right: 'break_glass' }],
  ])('denies %s than the role names', (_what, over) => {
    const roles = [aRole({ tiers: ['medium', 'low'] })]
    expect(mayAct(inGroup, pauseEmail, roles).allow).toBe(true)
    expect(mayAct(inGroup, { ...pauseEmail, ...over }, roles).allow).toBe(false)
  })

  it.each<[Right, Partial<Role>, string]>([
    ['approve', { approves: ['pause'] }, 'approve the action pause on `sales/email:send`'],
    [
      'break_glass',
      { breaksGlass: ['pause'] },
      'break glass for the action pause on `sales/email:send`',
    ],
  ])('keeps the right to %s apart from the right to order', (right, over, words) => {
    const role = aRole({ actions: [], ...over })
    expect(mayAct(inGroup, pauseEmail, [role]).allow).toBe(false)
    expect(mayAct(inGroup, { ...pauseEmail, right }, [role])).toMatchObject({
      allow: true,
      reason: `The role *operator* (user group S1) may ${words}.`,
    })
  })

  it('lets a freeze need no queue, only the action', () => {
    const freeze: Question = { right: 'order', action: 'freeze', ref: null, tier: null }
    expect(mayAct(inGroup, freeze, [aRole()]).allow).toBe(false)
    expect(mayAct(inGroup, freeze, [aRole({ actions: ['freeze'] })]).allow).toBe(true)
  })

  it.each([
    ['a bot', { isBot: true }],
    ['a guest', { isGuest: true }],
    ['a person of another workspace', { isForeign: true }],
    ['whoever may be of another workspace', { isForeign: true, isVerified: false }],
    ['an unverified bot', { isBot: true, isVerified: false }],
  ])('refuses %s, role or not, named by id or not', (_who, flags) => {
    const member = aMember({ ...flags, groups: new Set(['S1']) })
    const roles = [aRole({ users: ['U1'] })]
    expect(mayRead(member, roles).allow).toBe(false)
    expect(mayAct(member, pauseEmail, roles).allow).toBe(false)
  })
})

describe('a person whom Slack does not verify', () => {
  const unverified = aMember({ isVerified: false, problem: 'Slack does not answer' })

  it('may look and act only by a role that names them by id', () => {
    const roles = [aRole({ users: ['U1'] })]
    expect(mayRead(unverified, roles)).toMatchObject({ allow: true, role: 'operator' })
    expect(mayAct(unverified, pauseEmail, roles)).toMatchObject({ allow: true, role: 'operator' })
  })

  it('is refused with the reason otherwise, and told who goes on', () => {
    expect(mayRead(unverified, [aRole()])).toEqual({
      allow: false,
      reason:
        'Slack does not answer, so nobody can say who you are. People named by id in `spillway.yml` can still act.',
      roles: [],
    })
    expect(mayAct(unverified, pauseEmail, [aRole()])).toEqual({
      allow: false,
      reason:
        'You need the role *operator* to pause `sales/email:send`. Slack does not answer, so nobody can say whether you are in its user groups. People named by id in `spillway.yml` can still act.',
      roles: ['operator'],
    })
  })

  it('holds no group, even if one is claimed', () => {
    const claimed = { ...unverified, groups: new Set(['S1']) }
    expect(mayAct(claimed, pauseEmail, [aRole()]).allow).toBe(false)
  })

  it('is refused when nobody can say whose workspace it is', () => {
    const unknown = { ...unverified, isForeign: true }
    expect(mayRead(unknown, [aRole({ users: ['U1'] })])).toMatchObject({
      allow: false,
      reason: 'Slack does not answer, so nobody can say whether you belong to this workspace.',
    })
  })
})

describe('a group that Slack does not tell of', () => {
  const member = aMember({ groups: new Set(['S1']), unknownGroups: new Set(['S2']) })

  it('counts as not held, and the refusal says so', () => {
    expect(mayAct(member, pauseEmail, [aRole({ groups: ['S2'] })])).toMatchObject({
      allow: false,
      reason:
        'You need the role *operator* to pause `sales/email:send`. Slack does not say who is in S2, so that counts as not being in it.',
    })
  })

  it('hinders nobody who holds the role otherwise', () => {
    expect(mayAct(member, pauseEmail, [aRole({ groups: ['S2', 'S1'] })]).allow).toBe(true)
  })
})

const some = <T>(values: readonly T[]) => fc.subarray([...values])
const anyRole: fc.Arbitrary<Role> = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  users: some(['U1', 'U2']),
  groups: some(['S1', 'S2']),
  queues: some(['*', 'sales/*', 'sales/email', 'etl/*', 's?les/*']),
  tiers: some(ALL_TIERS),
  actions: some([...ACTION_KINDS, 'freeze' as const]),
  approves: some(ACTION_KINDS),
  breaksGlass: some(ACTION_KINDS),
})
const anyMember: fc.Arbitrary<Member> = fc.record({
  actor: fc.record({ teamId: fc.constant('T1'), userId: fc.constantFrom('U1', 'U2', 'U3') }),
  isVerified: fc.boolean(),
  isBot: fc.boolean(),
  isGuest: fc.boolean(),
  isForeign: fc.boolean(),
  groups: some(['S1', 'S2']).map((ids) => new Set(ids)),
  unknownGroups: some(['S1', 'S2']).map((ids) => new Set(ids)),
  problem: fc.constantFrom(null, 'Slack does not answer'),
})
const anyQuestion: fc.Arbitrary<Question> = fc.oneof(
  fc.record({
    right: fc.constantFrom<Right[]>('order', 'approve', 'break_glass'),
    action: fc.constantFrom(...ACTION_KINDS),
    ref: fc.constantFrom({ system: 'sales', queue: 'email' }, { system: 'etl', queue: 'load' }),
    tier: fc.constantFrom(...ALL_TIERS),
  }),
  fc.constant<Question>({ right: 'order', action: 'freeze', ref: null, tier: null }),
)

/** Said again, from the words of the documentation: one role names person, right, action, queue and tier. */
function names(role: Role, member: Member, { right, action, ref, tier }: Question): boolean {
  const byGroup = member.isVerified && role.groups.some((id) => member.groups.has(id))
  if (!byGroup && !role.users.includes(member.actor.userId)) return false
  const rights: readonly string[] =
    right === 'order' ? role.actions : right === 'approve' ? role.approves : role.breaksGlass
  if (!rights.includes(action)) return false
  if (ref === null || tier === null) return action === 'freeze'
  const key = queueKey(ref)
  return role.tiers.includes(tier) && role.queues.some((glob) => matchesGlob(glob, key))
}

describe('policy, for any roles', () => {
  it('allows exactly what one role names for a person who is not barred', () => {
    fc.assert(
      fc.property(anyMember, anyQuestion, fc.array(anyRole), (member, question, roles) => {
        const isBarred = member.isBot || member.isGuest || member.isForeign
        const isNamed = roles.some((role) => names(role, member, question))
        expect(mayAct(member, question, roles).allow).toBe(isNamed && !isBarred)
      }),
      { numRuns: 500 },
    )
  })

  it('never turns a refusal into a permission by a role that does not name all of it', () => {
    fc.assert(
      fc.property(
        anyMember,
        anyQuestion,
        fc.array(anyRole),
        fc.array(anyRole),
        (member, question, roles, more) => {
          fc.pre(!mayAct(member, question, roles).allow)
          const unrelated = more.filter((role) => !names(role, member, question))
          expect(mayAct(member, question, [...unrelated, ...roles]).allow).toBe(false)
        },
      ),
    )
  })
})

describe('how many must approve', () => {
  const rules = [
    { match: 'sales/payment:*', tiers: ALL_TIERS, actions: ['resume' as const], count: 2 },
    { match: '*', tiers: ['critical' as const], actions: ACTION_KINDS, count: 3 },
  ]
  const payment = { ref: { system: 'sales', queue: 'payment:charge' }, tier: 'critical' as const }
  const mail = { ref: email, tier: 'medium' as const }

  it('is what the first rule that fits says, else one', () => {
    expect(approvalsNeeded({ policy: { approvers: rules } }, 'resume', [payment])).toBe(2)
    expect(approvalsNeeded({ policy: { approvers: rules } }, 'pause', [payment])).toBe(3)
    expect(approvalsNeeded({ policy: { approvers: rules } }, 'pause', [mail])).toBe(1)
    expect(approvalsNeeded({ policy: { approvers: [] } }, 'pause', [])).toBe(1)
  })

  it('is what the most demanding of several queues needs', () => {
    expect(approvalsNeeded({ policy: { approvers: rules } }, 'resume', [mail, payment])).toBe(2)
  })
})
