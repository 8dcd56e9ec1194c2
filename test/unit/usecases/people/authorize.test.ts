import { describe, expect, it } from 'vitest'

import type { AuditBody } from '../../../../src/domain/audit.ts'
import { OperatorError } from '../../../../src/domain/errors.ts'
import { ALL_TIERS, type Member, type Role } from '../../../../src/domain/policy.ts'
import type { MemberOptions } from '../../../../src/domain/ports/chat.ts'
import type { Store } from '../../../../src/domain/ports/store.ts'
import {
  requireMember,
  requireRole,
  type RoleRequest,
} from '../../../../src/usecases/people/authorize.ts'
import { explainPolicy } from '../../../../src/usecases/people/explain.ts'
import { approversOf, membersWith } from '../../../../src/usecases/people/members-with.ts'
import { createTestClock } from '../../../helpers/clock.ts'
import { aSettings } from '../../../helpers/config-of.ts'

const aRole = (over: Partial<Role>): Role => ({
  name: 'operator',
  users: [],
  groups: [],
  queues: ['*'],
  tiers: ALL_TIERS,
  actions: [],
  approves: [],
  breaksGlass: [],
  ...over,
})
const ROLES: readonly Role[] = [
  aRole({ users: ['U1'], groups: ['S1'], actions: ['pause'], tiers: ['medium'] }),
  aRole({ name: 'lead', users: ['U1', 'U2'], actions: ['pause', 'freeze'], approves: ['pause'] }),
  aRole({ name: 'approver', groups: ['S2'], queues: ['sales/*'], approves: ['pause'] }),
]
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  S1: ['U3', 'U4', 'U5', 'U6'],
  S2: ['U2', 'U7'],
}

interface DirectorySetup {
  readonly away?: readonly string[]
  readonly member?: Partial<Member>
}

/** Policy over a Slack of two groups, of which some may not answer. */
function aDirectory({ away = [], member = {} }: DirectorySetup = {}) {
  const entries: AuditBody[] = []
  const groupsAsked: string[] = []
  const asked: MemberOptions[] = []
  const chat = {
    member: (actor: Member['actor'], options: MemberOptions = {}): Promise<Member> => {
      asked.push(options)
      return Promise.resolve({
        actor,
        isVerified: true,
        isBot: false,
        isGuest: false,
        isForeign: false,
        groups: new Set(
          Object.keys(GROUPS).filter((id) => GROUPS[id]?.includes(actor.userId) === true),
        ),
        unknownGroups: new Set<string>(),
        problem: null,
        ...member,
      })
    },
    groupMembers: (id: string) => {
      groupsAsked.push(id)
      return away.includes(id)
        ? Promise.reject(new OperatorError('slack_unreachable', 'Slack is away.', 'Wait.'))
        : Promise.resolve(GROUPS[id] ?? [])
    },
  }
  const audit = { append: (body: AuditBody) => Promise.resolve(void entries.push(body)) }
  const deps = {
    chat,
    settings: { ...aSettings(), roles: ROLES },
    store: { now: { audit } } as unknown as Store,
    clock: createTestClock(),
  }
  return {
    deps: deps as typeof deps & Parameters<typeof requireRole>[0],
    entries,
    asked,
    groupsAsked,
  }
}

const queue = (name: string, tier: 'medium' | 'critical' = 'medium') => ({
  ref: { system: 'sales', queue: name },
  tier,
})
const aRequest = (over: Partial<RoleRequest> = {}): RoleRequest => ({
  actor: { teamId: 'T1', userId: 'U3' },
  action: 'pause',
  queues: [queue('email')],
  incidentId: 7,
  ...over,
})

describe('asking for a role', () => {
  it('passes with the reason, asks anew where told, and writes nothing', async () => {
    const { deps, entries, asked } = aDirectory()
    expect(await requireRole(deps, aRequest({ fresh: true }))).toBe(
      'The role *operator* (user group S1) may pause `sales/email`.',
    )
    expect(asked).toEqual([{ fresh: true, groups: ['S1'] }])
    expect(entries).toEqual([])
  })

  it('refuses when one of many queues is not allowed, and names the first few', async () => {
    const { deps, entries } = aDirectory()
    const many = Array.from({ length: 9 }, (_, index) => queue(`pay:${index}`, 'critical'))
    const refused = requireRole(deps, aRequest({ queues: [queue('email'), ...many] }))
    await expect(refused).rejects.toMatchObject({
      code: 'not_allowed',
      message:
        'You need the role *lead* to pause `sales/pay:0`. Refused as well: `sales/pay:1`, `sales/pay:2`, `sales/pay:3` and 5 more.',
      advice: 'Nothing was changed. Ask <@U1> or <@U2>.',
    })
    expect(entries).toMatchObject([
      {
        kind: 'denied',
        action: 'pause',
        subject: '9 queues',
        incidentId: 7,
        facts: { right: 'order', asked: 10, refused: 9, roles: ['lead'], isVerified: true },
      },
    ])
  })

  it('refuses an order of no queue at all', async () => {
    const { deps, entries } = aDirectory()
    await expect(requireRole(deps, aRequest({ queues: [] }))).rejects.toThrow('No queue is named')
    expect(entries).toHaveLength(1)
  })

  it('never names the person themself, nor more than three', async () => {
    const { deps } = aDirectory()
    const request = aRequest({ right: 'approve', actor: { teamId: 'T1', userId: 'U5' } })
    await expect(requireRole(deps, request)).rejects.toMatchObject({
      advice: 'Nothing was changed. Ask <@U1>, <@U2> or <@U7>.',
    })
    const freeze = aRequest({ action: 'freeze', queues: 'all' })
    await expect(requireRole(deps, freeze)).rejects.toMatchObject({
      message: 'You need the role *lead* to freeze Spillway.',
      advice: 'Nothing was changed. Ask <@U1> or <@U2>.',
    })
  })

  it('names only those who are named by id while Slack is away', async () => {
    const member = {
      isVerified: false,
      problem: 'Slack does not answer',
      groups: new Set<string>(),
    }
    const { deps, entries, groupsAsked } = aDirectory({ away: ['S1', 'S2'], member })
    await expect(requireRole(deps, aRequest())).rejects.toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('Slack does not answer'),
      advice: 'Nothing was changed. Ask <@U1> or <@U2>.',
    })
    expect(entries).toMatchObject([{ kind: 'denied', facts: { isVerified: false } }])
    // Each would only be another wait for nothing.
    expect(groupsAsked).toEqual([])
    const locked = aRequest({ actor: { teamId: 'T1', userId: 'U2' } })
    expect(await requireRole(deps, locked)).toContain('(named by id)')
  })
})

describe('asking for a member', () => {
  it('needs no group, and refuses whom Slack does not verify', async () => {
    const known = aDirectory()
    await requireMember(known.deps, { teamId: 'T1', userId: 'U9' })
    expect(known.asked).toEqual([{ groups: [] }])
    const { deps } = aDirectory({ member: { isVerified: false, problem: 'Slack does not answer' } })
    await expect(requireMember(deps, { teamId: 'T1', userId: 'U9' })).rejects.toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('Slack does not answer'),
    })
    await requireMember(deps, { teamId: 'T1', userId: 'U2' })
  })
})

describe('who has a right', () => {
  it('are those who have it on every queue, each once, people named by id first', async () => {
    const { deps } = aDirectory()
    expect(await approversOf(deps, 'pause', [queue('email')])).toEqual(['U1', 'U2', 'U7'])
    const both = [
      queue('email'),
      { ref: { system: 'etl', queue: 'load' }, tier: 'medium' as const },
    ]
    expect(await approversOf(deps, 'pause', both)).toEqual(['U1', 'U2'])
    expect(await approversOf(deps, 'resume', both)).toEqual([])
    expect(await approversOf(deps, 'pause', [])).toEqual([])
  })

  it('leaves out a group that Slack does not tell of', async () => {
    const { deps } = aDirectory({ away: ['S2'] })
    expect(await approversOf(deps, 'pause', [queue('email')])).toEqual(['U1', 'U2'])
  })

  it('names at most 30', async () => {
    const { deps } = aDirectory()
    const users = Array.from({ length: 40 }, (_, index) => `U${index}`)
    const roles = [aRole({ users, actions: ['freeze'] })]
    const able = await membersWith(
      { ...deps, settings: { roles } },
      { right: 'order', action: 'freeze', queues: 'all' },
    )
    expect(able).toHaveLength(30)
  })
})

describe('explaining policy', () => {
  const actor = { teamId: 'T1', userId: 'U1' }

  it('tells of the role, the tiers and the others, without the person', async () => {
    const { deps, entries } = aDirectory()
    const ref = { system: 'sales', queue: 'email' }
    expect(await explainPolicy(deps, { actor, action: 'pause', ref })).toMatchObject({
      queueTier: 'medium',
      decision: { allow: true, role: 'operator' },
      problem: null,
      tiers: [
        { when: 'for up to 15 min or for longer', tier: 'T1' },
        { when: 'without an end', tier: 'T2' },
      ],
      approval: null,
      others: ['U2', 'U3', 'U4', 'U5', 'U6'],
    })
    expect(entries).toEqual([])
  })

  it('says what Slack did not', async () => {
    const ref = { system: 'sales', queue: 'payment:charge' }
    const { deps } = aDirectory({ member: { unknownGroups: new Set(['S1']) } })
    const view = await explainPolicy(deps, { actor, action: 'resume', ref })
    expect(view).toMatchObject({
      queueTier: 'critical',
      decision: { allow: false, roles: [] },
      problem: 'Slack does not say who is in S1.',
      tiers: [
        { when: 'within 15 min', tier: 'T2' },
        { when: 'later', tier: 'T3' },
      ],
      approval: { count: 1, mayBreakGlass: false },
      others: [],
    })
  })

  it('knows neither queue nor approval for a freeze', async () => {
    const { deps } = aDirectory()
    expect(await explainPolicy(deps, { actor, action: 'freeze', ref: null })).toMatchObject({
      ref: null,
      queueTier: null,
      decision: { allow: true, role: 'lead' },
      approval: null,
    })
  })
})
