import { expect, it } from 'vitest'

import { auditCounts } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { answersTo, untilAnswer, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { TEAM } from '../slack/fake-slack/state.ts'
import { post } from '../slack/signed.ts'

const redis = await freshRedis()

/** One command of Ana's, to be delivered as often as a test likes. */
function aCommand(world: World, text: string): string {
  const who = { team_id: TEAM, user_id: ANA, user_name: ANA, api_app_id: 'A0SPILL' }
  const where = { channel_id: OPS, channel_name: 'queue-ops', command: '/queue', text }
  const trigger = world.slack.trigger(ANA)
  const url = world.slack.responseUrl(ANA, OPS)
  const fields = { ...who, ...where, trigger_id: trigger, response_url: url }
  return new URLSearchParams(fields).toString()
}

it('freezes and lifts once, however late and wherever Slack delivers a command again', async () => {
  const world = await createWorld({ redis, queues: ['email'] })
  const second = await world.replica()
  const send = (body: string, { slack } = world.app()) =>
    post(`http://127.0.0.1:${slack.status().port}`, body, 'application/x-www-form-urlencoded')
  const isFrozen = async () => (await world.query('select from control')).length === 1

  const [freeze, lift] = [aCommand(world, 'freeze deploy'), aCommand(world, 'freeze off')]
  await send(freeze)
  await untilText(world, OPS, /froze all actions/)
  await send(lift)
  await untilText(world, OPS, /lifted the freeze/)
  await send(freeze, second)
  await untilAnswer(world, ANA, OPS, /more than once/)
  expect(await isFrozen()).toBe(false)

  await send(aCommand(world, 'freeze again'))
  await untilText(world, OPS, /froze all actions: .*again/)
  await send(lift, second)
  await eventually(
    'a second word about a copy',
    () => answersTo(world, ANA, OPS).filter((text) => /more than once/.test(text)).length === 2,
  )
  expect(await isFrozen()).toBe(true)
  expect(await auditCounts(world)).toEqual({ frozen: 2, unfrozen: 1 })
})
