import { describe, expect, it } from 'vitest'

import { mayAct, mayRead, type Member, type Role } from '../../../src/domain/policy.ts'

const aMember = (over: Partial<Member> = {}): Member => ({
  actor: { teamId: 'T1', userId: 'U1' },
  isBot: false,
  isGuest: false,
  isForeign: false,
  groups: new Set(),
  ...over,
})
const aRole = (over: Partial<Role> = {}): Role => ({
  name: 'operator',
  users: [],
  groups: ['S1'],
  queues: ['sales/*'],
  actions: ['pause', 'resume'],
  ...over,
})
const email = { system: 'sales', queue: 'email:send' }

describe('policy', () => {
  it('denies when no role is configured', () => {
    expect(mayAct(aMember(), 'pause', email, [])).toEqual({
      allow: false,
      reason: 'No role may pause on `sales/email:send`.',
    })
  })

  it('denies who is not in the role, and names it', () => {
    expect(mayAct(aMember(), 'pause', email, [aRole()])).toEqual({
      allow: false,
      reason: 'You need the role *operator* to pause on `sales/email:send`.',
    })
  })

  it('allows by user id and by user group', () => {
    const byGroup = aMember({ groups: new Set(['S1']) })
    expect(mayAct(byGroup, 'pause', email, [aRole()])).toEqual({ allow: true, role: 'operator' })
    expect(mayAct(aMember(), 'pause', email, [aRole({ users: ['U1'] })]).allow).toBe(true)
  })

  it('denies another action and another queue than the role names', () => {
    const member = aMember({ groups: new Set(['S1']) })
    expect(mayAct(member, 'freeze', null, [aRole()]).allow).toBe(false)
    expect(mayAct(member, 'pause', { system: 'etl', queue: 'x' }, [aRole()]).allow).toBe(false)
  })

  it.each([
    ['a bot', { isBot: true }],
    ['a guest', { isGuest: true }],
    ['a person of another workspace', { isForeign: true }],
  ])('refuses %s, role or not', (_who, flags) => {
    const member = aMember({ ...flags, groups: new Set(['S1']) })
    expect(mayRead(member).allow).toBe(false)
    expect(mayAct(member, 'pause', email, [aRole()]).allow).toBe(false)
  })
})
