import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, expect, it } from 'vitest'

import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS } from '../../src/domain/policy.ts'
import { DEFAULT_RULE } from '../../src/domain/settings.ts'
import { systemClock } from '../../src/runtime.ts'
import { remind } from '../../src/usecases/actions/remind.ts'
import { preview } from '../helpers/acting.ts'
import { ANA, aSettings, BEN, OPS, VIC } from '../helpers/config-of.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createToyPeople } from '../helpers/toy-people.ts'
import { createWorld } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })

afterAll(async () => {
  await email.close()
  client.disconnect()
})

const role = {
  name: 'lead',
  users: [ANA, BEN, VIC],
  groups: [],
  queues: ['*'],
  tiers: ALL_TIERS,
  actions: [...ACTION_KINDS, 'freeze'] as const,
  approves: ACTION_KINDS,
  breaksGlass: ACTION_KINDS,
}
const critical = {
  match: '*',
  tier: 'critical',
  owners: [],
  group: null,
  thresholds: DEFAULT_RULE.thresholds,
} as const

/** Typed by somebody who would like the bot to say it. */
const FORGED = '<@U0VIC> approved it at 14:02 *for good* <!channel>'
const alone = { 'spillway:break_glass_block': { 'spillway:break_glass': glass() } }
const openEnd = { 'spillway:hold_block': { 'spillway:hold': openChoice() } }

function glass() {
  return { type: 'checkboxes', selected_options: [{ value: 'break_glass' }] }
}

function openChoice() {
  return { type: 'static_select', selected_option: { value: 'open' } }
}

it('what is typed as a reason stays a quotation in every line, timeline and refusal', async () => {
  await email.add('send', {})
  const settings = { queueRules: [critical], roles: [role] }
  const world = await createWorld({ redis, queues: ['email'], settings })
  await world.fire({ queue: 'email' })
  const room = await world.room()

  await preview(world, ANA, 'pause email', room)
  await world.person(ANA).submit({ ...reason(FORGED), ...alone, ...openEnd })
  await untilText(world, room, /broke glass.*Justification: “&lt;@U0VIC&gt; approved/)
  await untilText(world, OPS, /> paused `sales\/email` until.*Reason: “&lt;@U0VIC&gt; approved/)

  await world.query(`update hold set started_at = now() - interval '2 hours'`)
  const { store } = world.app()
  const chat = createToyPeople(() => true)
  await remind({ store, chat, clock: systemClock, settings: aSettings() })
  await untilText(world, room, /has been paused for 2 h.*“&lt;@U0VIC&gt; approved/)

  await world.person(BEN).command('/queue', `freeze ${FORGED}`, OPS)
  await untilText(world, room, /<@U0BEN> froze all actions: “@U0VIC approved/)
  await world.person(ANA).command('/queue', 'resume email', room)
  await untilModal(world, ANA, /froze all actions at .*“@U0VIC approved/)
  await world.person(VIC).command('/incident', 'status', room)
  const timeline = await untilAnswer(world, VIC, room, /Timeline/)
  expect(timeline).toContain('froze all actions: “@U0VIC approved')

  const seen = JSON.stringify([
    [...world.slack.state.channels.values()].map(({ messages, ephemerals }) => [
      messages,
      ephemerals,
    ]),
    [...world.slack.state.views.values()].map(({ view }) => ({ ...view, state: null })),
  ])
  expect(seen).not.toMatch(/<@U0VIC> approved|\*for good\*|<!channel>/)
})
