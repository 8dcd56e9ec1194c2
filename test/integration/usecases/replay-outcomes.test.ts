import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ChatRefusal, type FilePlace, type NewFile } from '../../../src/domain/ports/chat.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { exportOutcomes } from '../../../src/usecases/jobs/export-outcomes.ts'
import { sendOutcomes } from '../../../src/usecases/jobs/send-outcomes.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { viewedReplays } from '../../helpers/viewed-replays.ts'

let database: TestDatabase
let store: Store
let stage: ReturnType<typeof viewedReplays>
const clock = createTestClock()
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool({ max: 3 }), 'test', clock)
  stage = viewedReplays(store, clock)
})
afterAll(() => database.drop())

describe("the table of a replay's outcomes", () => {
  it('has every planned job once: how it did, or why it was not put in line', async () => {
    const made = await stage.halfWay()
    const { number } = await made.plan()
    const at = (ms: number) => stage.later(ms).toISOString()
    const put = at(0)
    let csv = ''
    const write = async (text: string) => void (csv += text)
    expect(await exportOutcomes(store, { plan: number, format: 'csv', write })).toBe(10)
    const queue = `sales/${made.ref.queue}`
    const [head, ...rows] = csv.trimEnd().split('\r\n')
    expect(head).toBe(
      'plan,queue,job,wave,type,error_before,outcome,reason,error,error_is_known,put_at,ended_at',
    )
    expect(rows.toSorted()).toEqual(
      [
        `${number},${queue},a,1,send,connect ETIMEDOUT,completed,,,,${put},${at(1000)}`,
        `${number},${queue},b,1,send,connect ETIMEDOUT,open,,,,${put},`,
        `${number},${queue},'=d,1,bounce,,failed,,TypeError: x,no,${put},${at(2000)}`,
        `${number},${queue},c,,,,skipped,gone,,,,`,
        ...['e', 'f', 'g', 'h', 'i', 'j'].map((id) => `${number},${queue},${id},,,,open,,,,,`),
      ].toSorted(),
    )
  })

  interface Sent {
    readonly file: NewFile
    readonly place: FilePlace
  }

  /** A plan whose card stands in two places, and what was sent where. */
  async function asked(refusal: (place: FilePlace) => string | null = () => null) {
    const made = await stage.halfWay()
    const plan = await made.plan()
    const { messages } = store.now
    const places = [
      ['person', { kind: 'person', userId: 'U0CEM' }, 'D0CEM'],
      ['ops', { kind: 'ops' }, 'C0OPS'],
    ] as const
    for (const [name, target, channelId] of places) {
      const key = `plan:${plan.id}:${name}`
      await messages.put({ key, target, content: { kind: 'plan', planId: plan.id }, priority: 1 })
      const message = await messages.byKey(key)
      const result = {
        version: 1,
        channelId,
        ts: `1.${name}`,
        renderedHash: '',
        notBefore: clock.now(),
      }
      await messages.delivered(message?.id ?? 0, result)
    }
    const sent: Sent[] = []
    const postFile = async (file: NewFile, place: FilePlace): Promise<void> => {
      const code = refusal(place)
      if (code !== null) throw new ChatRefusal(code, code)
      sent.push({ file, place })
    }
    const send = (channelId: string) =>
      sendOutcomes(stage.depsWith({ postFile }), { plan, userId: 'U0ANA', channelId })
    return { plan, sent, send }
  }

  it('goes into the thread of the card where it was asked for, else where all see it', async () => {
    const { plan, sent, send } = await asked()
    expect(await send('D0CEM')).toEqual({ jobs: 10, channelId: 'D0CEM' })
    expect(await send('C0ELSEWHERE')).toEqual({ jobs: 10, channelId: 'C0OPS' })
    expect(sent.map(({ place }) => place)).toEqual([
      { channelId: 'D0CEM', threadTs: '1.person' },
      { channelId: 'C0OPS', threadTs: '1.ops' },
    ])
    expect(sent[0]?.file).toMatchObject({
      name: `plan-${plan.number}.csv`,
      title: `Outcomes of plan ${plan.number}: 10 jobs`,
    })
    expect(Buffer.from(sent[0]?.file.content ?? []).toString()).toContain(',a,1,send,')
  })

  it('goes to the person where the channel does not take it', async () => {
    const { sent, send } = await asked((place) => ('channelId' in place ? 'is_archived' : null))
    expect(await send('C0OPS')).toEqual({ jobs: 10, channelId: null })
    expect(sent.map(({ place }) => place)).toMatchObject([{ userId: 'U0ANA' }])
  })

  it('names the command that writes it where Slack takes no files from us', async () => {
    const { plan, send } = await asked(() => 'missing_scope')
    await expect(send('C0OPS')).rejects.toMatchObject({
      code: 'not_supported',
      message: expect.stringContaining('`files:write`'),
      advice: expect.stringContaining(`spillway jobs outcomes ${plan.number} --format csv`),
    })
  })
})
