import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS, type Role } from '../../src/domain/policy.ts'
import {
  DEFAULT_POLICY,
  DEFAULT_RULE,
  type PolicySettings,
  type Settings,
} from '../../src/domain/settings.ts'
import { order } from './acting.ts'
import { ANA, BEN, OPS } from './config-of.ts'
import { eventually } from './eventually.ts'
import { untilModal, untilText } from './looking.ts'
import { createWorld, type World, type WorldOptions } from './world.ts'

/** Approves, and orders nothing. */
export const CEM = 'U0CEM'

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

/** Ana and Ben act, Ben and Cem approve, Ana may break glass. Vic may nothing. */
const ROLES: Settings['roles'] = [
  aRole('operator', { groups: ['S0ONCALL'], actions: [...ACTION_KINDS, 'freeze'] }),
  aRole('lead', { users: [BEN, CEM], approves: ACTION_KINDS }),
  aRole('breaker', { users: [ANA], breaksGlass: ACTION_KINDS }),
]

/** A world in which critical queues (`payment*`) need the word of others. */
export const createGuardedWorld = (
  options: Omit<WorldOptions, 'settings' | 'prepare'> & {
    readonly policy?: Partial<PolicySettings>
  },
): Promise<World> =>
  createWorld({
    ...options,
    settings: {
      roles: ROLES,
      queueRules: [{ ...DEFAULT_RULE, match: 'sales/payment*', tier: 'critical' }],
      policy: { ...DEFAULT_POLICY, ...options.policy },
    },
    prepare: ({ state }) =>
      void state.users.set(CEM, {
        id: CEM,
        name: 'cem',
        teamId: state.teamId,
        isBot: false,
        isGuest: false,
        isDeleted: false,
      }),
  })

/** Orders what needs approval and waits until the modal says that it was asked for. */
export async function request(
  world: World,
  user: string,
  command: string,
  channel = OPS,
): Promise<void> {
  await order(world, user, command, channel)
  await untilModal(world, user, /Asked for approval/)
}

/** The newest card of a plan in a channel, as JSON with its buttons. */
const cardIn = (world: World, channel: string): string =>
  JSON.stringify(
    world.slack.state.channels
      .get(channel)
      ?.messages.findLast(({ blocks }) => /[Pp]lan \d+/.test(JSON.stringify(blocks)))?.blocks ?? [],
  )

/** Waits until the newest card in a channel says this; gives its JSON. */
export const untilCard = (world: World, channel: string, words: RegExp): Promise<string> =>
  eventually(
    `a card in ${channel} that says ${words}`,
    () => (words.test(cardIn(world, channel)) ? cardIn(world, channel) : null),
    () => cardIn(world, channel),
  )

/** The token of a button on the newest card, for clicks that come late. */
export function tokenOnCard(world: World, channel: string, actionId: string): string {
  const card = cardIn(world, channel)
  const found = new RegExp(`"action_id":"${actionId}"[^}]*}?[^}]*"value":"([^"]+)"`).exec(card)
  if (found?.[1] === undefined) throw new Error(`no ${actionId} on ${card}`)
  return found[1]
}

/** Where the bot writes to one person. */
export const direct = (user: string): string => `D0${user}`

/** Waits for a reminder, which the bot's clock makes every 20 s: for up to two of its turns. */
export const untilReminder = (world: World, channel: string, words: RegExp): Promise<string> =>
  untilText(world, channel, words).catch(() => untilText(world, channel, words))
