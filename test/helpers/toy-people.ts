import type { Actor } from '../../src/domain/action.ts'
import { ALL_TIERS, type Role } from '../../src/domain/policy.ts'
import type { Chat } from '../../src/domain/ports/chat.ts'

export const PEOPLE = ['ANA', 'BEN', 'CEM', 'DEE', 'EVE', 'FAY', 'GUS', 'VIC'] as const
export type PersonName = (typeof PEOPLE)[number]

export const actorOf = (userId: string): Actor => ({ teamId: 'T0', userId })

const aRole = (name: string, over: Partial<Role>): Role => ({
  name,
  users: [],
  groups: [],
  queues: ['*'],
  tiers: ALL_TIERS,
  actions: [],
  approves: [],
  breaksGlass: [],
  ...over,
})

const BOTH = ['pause', 'resume'] as const

/** Dee approves while she is in the group; Fay acts where little is at stake; Gus is a guest; Vic is nobody. */
export const TOY_ROLES: readonly Role[] = [
  aRole('operator', { users: ['ANA', 'BEN', 'EVE', 'GUS'], actions: [...BOTH, 'freeze'] }),
  aRole('helper', { users: ['FAY'], tiers: ['medium', 'low'], actions: BOTH }),
  aRole('lead', { users: ['BEN', 'CEM', 'GUS'], groups: ['S0LEADS'], approves: BOTH }),
  aRole('breaker', { users: ['EVE', 'GUS'], breaksGlass: BOTH }),
]

/** Who may do what, said once more without any of our code, for tests to compare with. */
export const MAY = {
  order: (who: string, isCriticalOrHigh: boolean): boolean =>
    ['ANA', 'BEN', 'EVE'].includes(who) || (who === 'FAY' && !isCriticalOrHigh),
  approve: (who: string, isDeeIn: boolean): boolean =>
    ['BEN', 'CEM'].includes(who) || (who === 'DEE' && isDeeIn),
  breakGlass: (who: string): boolean => who === 'EVE',
} as const

const notAsked = (): Promise<never> => Promise.reject(new Error('actions have no need for this'))

/** A workspace that knows these people; `isDeeIn` is asked each time. */
export const createToyPeople = (isDeeIn: () => boolean): Chat => ({
  createRoom: notAsked,
  findOwnRoom: notAsked,
  invite: notAsked,
  setTopic: notAsked,
  pin: notAsked,
  postFile: notAsked,
  groupMembers: async () => (isDeeIn() ? ['DEE'] : []),
  member: async (actor) => ({
    actor,
    isVerified: true,
    isBot: false,
    isGuest: actor.userId === 'GUS',
    isForeign: false,
    groups: new Set(actor.userId === 'DEE' && isDeeIn() ? ['S0LEADS'] : []),
    unknownGroups: new Set(),
    problem: null,
  }),
})
