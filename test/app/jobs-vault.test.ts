import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { order, preview } from '../helpers/acting.ts'
import { CEM, createGuardedWorld, untilCard } from '../helpers/approving.ts'
import { ANA, OPS, VIC } from '../helpers/config-of.ts'
import { failJobs, idsIn, queueJobs } from '../helpers/failed-jobs.ts'
import { untilAnswer, untilModal } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import type { World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const queues = ['email', 'bulk']

beforeEach(() => client.flushdb())
afterAll(() => client.disconnect())

const phrase = (value: string) => ({
  'spillway:phrase_block': { 'spillway:phrase': { type: 'plain_text_input', value } },
})
const refusal = async (world: World, user: string, command: string, words: RegExp) => {
  await world.person(user).command('/queue', command, OPS)
  await untilModal(world, user, words)
}
const failedReasonsOf = async (ids: readonly string[]): Promise<readonly (string | null)[]> =>
  Promise.all(ids.map((id) => client.hget(`bull:email:${id}`, 'failedReason')))

describe('what the vault has', () => {
  it('is put in line as new, or deleted for good with its hashes kept', async () => {
    await failJobs(client, 'email', 6, { type: 'send' })
    await failJobs(client, 'email', 3, { type: 'digest', error: 'Unexpected token' })
    const world = await createGuardedWorld({ redis, queues })
    await order(world, ANA, 'quarantine email')
    await untilCard(world, OPS, /Quarantine of 9 jobs.*: done.*`v1`/s)

    await preview(world, ANA, 'release v1 type:send reset')
    await untilModal(world, ANA, /Release 6 jobs.*as if it were new/s)
    await world.person(ANA).submit(reason('it is back'))
    await untilCard(world, OPS, /Release of 6 jobs.*: done/s)
    const line = await idsIn(client, 'email', 'wait')
    expect(line).toHaveLength(6)
    expect(await client.hget(`bull:email:${line[0]}`, 'atm')).toBeNull()
    expect(new Set(await failedReasonsOf(line))).toEqual(new Set([null]))

    await preview(world, ANA, 'discard v1')
    await untilModal(world, ANA, /Type .*DISCARD email.*It cannot be taken back/s)
    await world.person(ANA).submit({ ...reason('they are worthless'), ...phrase('discard  Email') })
    await untilCard(world, OPS, /Approval needed.*Discard of 3 jobs/s)
    await world.person(CEM).click('spillway:approve', OPS)
    await untilCard(world, OPS, /Discard of 3 jobs.*: done/s)
    const rows = await world.query<{ state: string; hash: string; kept: boolean }>(
      `select state, payload_hash as hash, exists (select from vault_content where vault_job_id = vault_job.id) as kept
       from vault_job order by id`,
    )
    expect(rows.map(({ state }) => state).toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'discarded'),
      ...Array.from({ length: 6 }, () => 'released'),
    ])
    const gone = rows.filter(({ state }) => state === 'discarded')
    expect(gone.every(({ hash, kept }) => hash.length > 20 && !kept)).toBe(true)
  })
})

describe('jobs in line', () => {
  it('go to another queue, or to another place in it; completed ones are cleared away by age', async () => {
    await queueJobs(redis, 'email', 12)
    await queueJobs(redis, 'bulk', 1)
    const world = await createGuardedWorld({ redis, queues })
    await preview(world, ANA, 'move email type:digest to bulk')
    await untilModal(world, ANA, /They go to `sales\/bulk`, by way of the vault/)
    await world.person(ANA).submit(reason('it is slow'))
    await untilCard(world, OPS, /Move of 6 jobs.*: done.*sales\/bulk/s)
    expect(await idsIn(client, 'bulk', 'wait')).toHaveLength(7)
    expect(await idsIn(client, 'email', 'wait')).toHaveLength(6)

    await order(world, ANA, 'move email to priority 5')
    await untilCard(world, OPS, /New priority of 6 jobs.*: done/s)
    expect(await idsIn(client, 'email', 'prioritized')).toHaveLength(6)
    expect(await idsIn(client, 'email', 'wait')).toEqual([])

    await failJobs(client, 'email', 4, { type: 'old' })
    await client.rename('bull:email:failed', 'bull:email:completed')
    await refusal(
      world,
      ANA,
      'clean email state:completed older:1h',
      /no completed jobs.*older:1h.*to clean/s,
    )
    await refusal(world, ANA, 'clean email', /Say which jobs to clean/)
    await preview(world, ANA, 'clean email state:completed newer:1h')
    await world.person(ANA).submit(reason('the disk'))
    await untilCard(world, OPS, /Approval needed.*Cleaning of 4 jobs/s)
    await world.person(CEM).click('spillway:approve', OPS)
    await untilCard(world, OPS, /Cleaning of 4 jobs.*: done/s)
    expect(await idsIn(client, 'email', 'completed')).toEqual([])
    await refusal(
      world,
      ANA,
      'release v2',
      /no waiting, prioritized, delayed or failed jobs in `v2` to release.*`release v2 as-it-was`/s,
    )
    await preview(world, ANA, 'release v2 as-it-was')
    await untilModal(world, ANA, /They go back where they were.*completed ones stay completed/s)
  })
})

describe('what cannot be done', () => {
  it('is said in words: nothing that matches, no such set, no right, a word too many', async () => {
    await failJobs(client, 'email', 2, { type: 'send' })
    const world = await createGuardedWorld({ redis, queues })
    await refusal(
      world,
      ANA,
      'retry email type:nothing',
      /no failed jobs in `sales\/email`.*type:nothing.*to retry/s,
    )
    await refusal(world, ANA, 'release v77', /There is no vault set v77.*`vault` shows/s)
    await refusal(world, ANA, 'retry email state:waiting', /`retry` is not for waiting jobs/)
    await refusal(world, ANA, 'quarantine e*', /There is no queue that matches|no failed jobs/)
    await refusal(world, VIC, 'quarantine email', /You need the role .*operator.* to quarantine/)
    await world.person(ANA).command('/queue', 'retry email forget', OPS)
    await untilAnswer(world, ANA, OPS, /`forget` says nothing to `retry`/)
    expect(await idsIn(client, 'email', 'failed')).toHaveLength(2)
    expect(await world.query("select from plan where state <> 'planned'")).toEqual([])
  })
})
