import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createClients, type SlackCall } from '../../src/slack/clients.ts'
import { faultOf, type SlackFault } from '../../src/slack/faults.ts'
import { createTestLog } from '../helpers/log.ts'

const API = 'https://slack.com'

function someClients() {
  const calls: SlackCall[] = []
  const log = createTestLog()
  const config = { botToken: 'xoxb-secret', apiUrl: null }
  const clients = createClients({ config, log, onCall: (call) => calls.push(call) })
  return { ...clients, calls, log }
}

const fault = async (call: Promise<unknown>): Promise<SlackFault> =>
  call.then(
    () => {
      throw new Error('the call succeeded')
    },
    (error: unknown) => faultOf(error),
  )

beforeEach(() => {
  nock.disableNetConnect()
})
afterEach(() => {
  nock.abortPendingRequests()
  nock.cleanAll()
  nock.enableNetConnect()
})

describe('clients', () => {
  it('tell a 429 at once, and do not hold up the other methods', async () => {
    nock(API).post('/api/chat.update').reply(429, '', { 'retry-after': '30' })
    nock(API).post('/api/views.open').reply(200, { ok: true })
    const { background, interactive, calls } = someClients()

    const update = background.chat.update({ channel: 'C1', ts: '1.1', text: 'x' })
    expect(await fault(update)).toEqual({ kind: 'rate_limited', retryAfterMs: 30_000 })
    await interactive.views.open({
      trigger_id: 't',
      view: { type: 'modal', blocks: [], title: { type: 'plain_text', text: 'x' } },
    })
    expect(calls.map(({ method, outcome }) => [method, outcome])).toEqual([
      ['chat.update', 'rate_limited'],
      ['views.open', 'ok'],
    ])
  })

  it.each([500, 502, 503])('do not repeat a call that got HTTP %i', async (status) => {
    const scope = nock(API).post('/api/chat.postMessage').times(2).reply(status, 'trouble')
    const { background, calls } = someClients()

    expect(await fault(background.chat.postMessage({ channel: 'C1', text: 'x' }))).toEqual({
      kind: 'unanswered',
      problem: `HTTP ${status}`,
      mayHaveWorked: true,
    })
    expect(calls).toHaveLength(1)
    expect(scope.isDone()).toBe(false)
  })

  it('know whether a call that got no answer may have been carried out', async () => {
    const { background } = someClients()
    const post = () => background.chat.postMessage({ channel: 'C1', text: 'x' })
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })

    nock(API).post('/api/chat.postMessage').replyWithError(refused)
    expect(await fault(post())).toMatchObject({ problem: 'ECONNREFUSED', mayHaveWorked: false })
    nock(API).post('/api/chat.postMessage').replyWithError(reset)
    expect(await fault(post())).toMatchObject({ problem: 'ECONNRESET', mayHaveWorked: true })
  })

  it('give up on a Slack that is silent, the interactive one before a trigger expires', async () => {
    nock(API).post('/api/auth.test').delay(60_000).reply(200, { ok: true })
    const { interactive, calls } = someClients()

    expect(await fault(interactive.auth.test())).toMatchObject({ problem: 'no answer in time' })
    expect(calls[0]?.ms).toBeLessThan(60_000)
  })

  it('keep what Slack says about blocks, and keep the token out of the log', async () => {
    nock(API)
      .post('/api/chat.postMessage')
      .reply(200, {
        ok: false,
        error: 'invalid_blocks',
        response_metadata: { messages: ['[ERROR] too long [json-pointer:/blocks/0/text]'] },
      })
    const { background, log, calls } = someClients()

    expect(await fault(background.chat.postMessage({ channel: 'C1', text: 'x' }))).toEqual({
      kind: 'refused',
      code: 'invalid_blocks',
      details: ['[ERROR] too long [json-pointer:/blocks/0/text]'],
    })
    expect(calls[0]?.outcome).toBe('refused')
    expect(JSON.stringify(log.lines)).not.toContain('xoxb-secret')
  })

  it.each(['internal_error', 'service_unavailable'])('take %s for "not now"', async (error) => {
    nock(API).post('/api/chat.postMessage').reply(200, { ok: false, error })
    const { background } = someClients()
    expect(await fault(background.chat.postMessage({ channel: 'C1', text: 'x' }))).toMatchObject({
      kind: 'unanswered',
      mayHaveWorked: true,
    })
  })
})
