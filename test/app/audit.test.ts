import { expect, it } from 'vitest'

import { parseAnchorLines } from '../../src/domain/audit-anchor.ts'
import { requestAnchor } from '../../src/usecases/audit/request-anchor.ts'
import { ANA, OPS, VIC } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { freshRedis } from '../helpers/redis.ts'
import { tamperWith } from '../helpers/trail.ts'
import { createWorld } from '../helpers/world.ts'

const redis = await freshRedis()

it('anchors what was written in the channel, and verifies after every start', async () => {
  const world = await createWorld({ redis, queues: ['email'] })
  await world.person(VIC).command('/queue', 'pause email for 5m', OPS)
  const head = await eventually('a refusal is in the trail', () =>
    world.app().store.now.audit.head(),
  )
  await world.app().store.transaction(requestAnchor)
  const [anchor] = await eventually('the anchor is posted', () => {
    const found = parseAnchorLines(world.texts(OPS).join('\n'))
    return found.length > 0 ? found : null
  })
  expect(anchor).toMatchObject({ instance: 'test', ...head })

  await world.restart()
  const check = await eventually('the trail is verified', async () => {
    const last = await world.app().store.now.audit.lastCheck()
    return last?.seq === head.seq ? last : null
  })
  expect(check.faults).toEqual([])
})

it('tells the ops channel of a trail that was changed while the bot was stopped', async () => {
  const world = await createWorld({ redis, queues: ['email'] })
  await world.person(VIC).command('/queue', 'pause email for 5m', OPS)
  await eventually('a refusal is in the trail', () => world.app().store.now.audit.head())
  await world.app().stop()
  await tamperWith(world.database, [
    `update audit_entry set text = replace(text, '${VIC}', '${ANA}')`,
  ])
  await world.restart()
  const told = await eventually('people are told', () =>
    world.texts(OPS).find((text) => text.includes('The audit trail does not verify')),
  )
  expect(told).toContain('entry 1: its content does not match its hash')
})
