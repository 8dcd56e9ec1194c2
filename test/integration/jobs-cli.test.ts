import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { jobs } from '../../src/cli/jobs.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import { createStore } from '../../src/store/store.ts'
import { showOutcomes } from '../../src/usecases/jobs/show-outcomes.ts'
import { createTestClock } from '../helpers/clock.ts'
import { DONE, jobPlans } from '../helpers/job-plans.ts'
import { freshDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { aPlan } from '../unit/slack/render/builders.ts'

let database: TestDatabase
let pool: Pool
let store: Store
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spillway-jobs-'))
  database = await freshDatabase()
  pool = database.openAppPool({ max: 2 })
  store = createStore(pool, 'test', createTestClock())
  const { host, user, database: name } = database.owner
  const config = {
    instance: 'test',
    ops_channel: 'queue-ops',
    systems: { sales: { kind: 'bullmq', url: 'redis://127.0.0.1:1' } },
    slack: { bot_token: 'xoxb-1-x', app_token: 'xapp-1-x' },
    database: {
      url: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host ?? '')}`,
    },
  }
  await writeFile(join(dir, 'spillway.yml'), JSON.stringify(config))
})
afterAll(async () => {
  await database.drop()
  await rm(dir, { recursive: true })
})

/** Runs `spillway jobs …`; what it says. */
async function run(...args: readonly string[]): Promise<string> {
  let said = ''
  const write = (text: string): void => void (said += text)
  const exit = await jobs({
    args,
    env: {},
    cwd: dir,
    clock: createTestClock(),
    log: silentLog,
    write,
    pour: (text) => Promise.resolve(write(text)),
  })
  expect(exit).toBe(0)
  return said
}

const numberOf = async (id: string): Promise<string> =>
  String((await store.now.plans.byId(id))?.number)

const rowsOf = (json: string) =>
  json
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))

/** Of everything that an export could have changed. */
const digest = async () =>
  (
    await pool.query(
      `select md5(string_agg(p::text || q::text, ',')) from plan_slice p join plan q on q.id = plan_id`,
    )
  ).rows

const MINUTE_MS = 60_000

/** A quarantine that was given up: of its slices two are over, one was begun, and one was not. */
async function givenUp() {
  const made = jobPlans(store)
  const plan = await made.executing([['a', '=b', 'c,"d"'], ['e'], ['f', 'g'], ['h']])
  const set = await made.setOf(plan)
  const at = new Date()
  const { slices, plans } = store.now
  for (const position of [0, 1, 2]) await slices.begin(plan.id, plan.fence, position, at, MINUTE_MS)
  await slices.end(
    plan.id,
    plan.fence,
    0,
    { ...DONE, skipped: { child: ['a'] }, renamed: { '=b': 'b2' } },
    at,
  )
  await slices.end(plan.id, plan.fence, 1, DONE, at)
  await slices.returnAll(plan.id, plan.fence, plan.ref, at)
  await plans.returnQueues(plan.id, plan.fence, 'given up')
  await plans.finish(plan.id, plan.fence, 'failed', { words: 'given up' }, at)
  return { plan, set }
}

describe('spillway jobs outcomes', () => {
  it('tells of every job where it was, what became of it, and where it is', async () => {
    const { plan, set } = await givenUp()
    const number = await numberOf(plan.id)
    const queue = `sales/${plan.ref.queue}`
    const before = await digest()
    const v = set.number
    expect(await run('outcomes', number)).toBe(
      [
        'plan,queue,job,state,outcome,reason,new_id,vault',
        `${number},${queue},a,failed,skipped,child,,`,
        `${number},${queue},'=b,failed,done,,b2,${v}`,
        `${number},${queue},"c,""d""",failed,done,,,${v}`,
        `${number},${queue},e,failed,done,,,${v}`,
        `${number},${queue},f,failed,in_doubt,,,`,
        `${number},${queue},g,failed,in_doubt,,,`,
        `${number},${queue},h,failed,returned,,,`,
        '',
      ].join('\r\n'),
    )
    expect(await digest()).toEqual(before)
  })

  it('writes JSON to a file that is for its owner, with an end that shows that it is whole', async () => {
    const { plan } = await givenUp()
    const number = await numberOf(plan.id)
    const out = join(dir, 'jobs.jsonl')
    expect(await run('outcomes', `#${number}`, '--format', 'json', '--out', out)).toBe(
      `7 jobs of plan ${number} written to ${out}.\n`,
    )
    const lines = rowsOf(await readFile(out, 'utf8'))
    expect(lines).toHaveLength(8)
    expect(lines[0]).toEqual({
      plan: Number(number),
      queue: `sales/${plan.ref.queue}`,
      job: 'a',
      state: 'failed',
      outcome: 'skipped',
      reason: 'child',
      new_id: null,
      vault: null,
    })
    expect(lines.at(-1)).toEqual({ end: { plan: Number(number), jobs: 7 } })
    expect((await stat(out)).mode & 0o777).toBe(0o600)
  })

  it('names the jobs behind the rows of a plan about the vault', async () => {
    const { set, plan, rows } = await jobPlans(store).holding(['x', 'y'])
    const id = crypto.randomUUID()
    const release = aPlan({ id, action: 'release', incidentId: null, createdAt: new Date() })
    const options = { vault: set.number }
    const jobsOf = { filter: '', count: 2, digest: '', byState: {}, oldestAt: null, newestAt: null }
    await store.now.plans.add({
      ...release,
      queues: release.queues.slice(0, 1).map((one) => ({ ...one, ref: plan.ref })),
      jobs: { ...jobsOf, foreseen: {}, options },
    })
    const ids = rows.map(String)
    await store.now.slices.add(id, [{ position: 0, ref: plan.ref, state: 'failed', ids }])
    const lines = rowsOf(await run('outcomes', await numberOf(id), '--format', 'json'))
    expect(lines.slice(0, 2)).toMatchObject(
      ['x', 'y'].map((job) => ({ job, outcome: 'open', vault: set.number })),
    )
  })

  it('has the same numbers as the account in Slack', async () => {
    const { plan, set } = await givenUp()
    const number = Number(await numberOf(plan.id))
    const { groups } = await showOutcomes({ store, clock: createTestClock() }, { plan: number })
    expect(
      groups.map(({ outcome, reason, count, first }) => [
        [reason ?? outcome, count],
        ...first.map(({ job, vault }) => [job, vault]),
      ]),
    ).toEqual([
      [
        ['done', 3],
        ['=b', set.number],
        ['c,"d"', set.number],
        ['e', set.number],
      ],
      [
        ['child', 1],
        ['a', null],
      ],
      [
        ['returned', 1],
        ['h', null],
      ],
      [
        ['in_doubt', 2],
        ['f', null],
        ['g', null],
      ],
    ])
  })

  it('leaves a file as it is where there is nothing to tell', async () => {
    const out = join(dir, 'kept.csv')
    await writeFile(out, 'kept')
    const pause = aPlan({ id: crypto.randomUUID(), incidentId: null, jobs: null })
    await store.now.plans.add(pause)
    await expect(run('outcomes', '999999', '--out', out)).rejects.toThrow('no plan 999999')
    await expect(run('outcomes', await numberOf(pause.id), '--out', out)).rejects.toThrow(
      'names queues, no single jobs',
    )
    await expect(run('outcomes', 'x')).rejects.toThrow('not the number of a plan')
    await expect(run('outcome', '1')).rejects.toThrow('no `jobs outcome`')
    await expect(run('outcomes', '1', '--format', 'xml')).rejects.toThrow('no format `xml`')
    expect(await readFile(out, 'utf8')).toBe('kept')
  })
})
