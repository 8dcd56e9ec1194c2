import { describe, expect, it } from 'vitest'

import { createLog } from '../../src/log.ts'

function capture(level: 'debug' | 'info' = 'debug') {
  const lines: string[] = []
  const log = createLog({ level, instance: 'test' }, { write: (line) => void lines.push(line) })
  return {
    log,
    text: () => lines.join(''),
    entries: () => lines.map((line) => JSON.parse(line) as object),
  }
}

describe('the log', () => {
  it('writes one JSON line with facts, words and the instance', () => {
    const { log, entries } = capture()
    log.child({ correlationId: 'c-1' }).info({ event: 'alert.received', bytes: 12 }, 'alert stored')
    expect(entries()).toEqual([
      expect.objectContaining({
        level: 30,
        instance: 'test',
        correlationId: 'c-1',
        event: 'alert.received',
        bytes: 12,
        msg: 'alert stored',
      }),
    ])
  })

  it('leaves out what is below its level', () => {
    const { log, text } = capture('info')
    log.debug({}, 'quiet')
    expect(text()).toBe('')
  })

  const leak = new Error('connect to redis://bot:hunter2@cache:6379 failed', {
    cause: new Error('postgres://owner:hunter2@db/spillway?password=hunter2 refused'),
  })
  const sdkError = Object.assign(new Error('invalid_auth'), {
    original: {
      config: { headers: { Authorization: 'Bearer hunter2-hunter2' }, data: { token: 'hunter2' } },
    },
  })
  it.each<readonly [string, object, string]>([
    ['an authorization header', { headers: { authorization: 'Bearer hunter2' } }, ''],
    ['a token key', { slack: { botToken: 'hunter2', appToken: 'hunter2' } }, ''],
    ['a list of tokens', { bearerTokens: ['hunter2'] }, ''],
    ['a password key', { password: 'hunter2' }, ''],
    ['an address with a password', { url: 'rediss://:hunter2@cache' }, ''],
    ['a password with an @ in it', { url: 'redis://u:hunter2@hunter2@cache' }, ''],
    ['words', {}, 'tried redis://:hunter2@cache'],
    ['a bearer in words', {}, 'sent Bearer hunter2-hunter2'],
    ['a body', { body: 'hunter2' }, ''],
    ['a body as bytes', { raw: Buffer.from('hunter2') }, ''],
    ['a job payload', { job: { id: '1', payload: { card: 'hunter2' } } }, ''],
    ['an error and its cause', { err: leak }, ''],
    ['an error itself', leak, ''],
    ['an error that carries a request', { err: sdkError }, ''],
    ['many errors in one', { err: new AggregateError([leak], 'all failed') }, ''],
  ])('keeps secrets in: %s', (_name, facts, words) => {
    const { log, text } = capture()
    log.error(facts, words)
    log.child(facts).info({}, words)
    expect(text()).not.toContain('hunter2')
    expect(text()).not.toBe('')
  })

  it('hides Slack tokens wherever they stand', () => {
    const { log, text } = capture()
    log.warn({ note: 'xoxb-123-abc', other: ['xapp-1-A-1-f'] }, 'xoxp-9-z')
    expect(text()).not.toMatch(/xox|xapp/)
  })

  it('keeps what helps: the error, its cause and the host', () => {
    const { log, text } = capture()
    log.error({ err: leak }, 'cannot connect')
    expect(text()).toContain('cache:6379 failed')
    expect(text()).toContain('@db/spillway')
    expect(text()).toContain('log.test.ts')
  })

  it('survives a cycle', () => {
    const cycle: { self?: object } = {}
    cycle.self = cycle
    const { log, text } = capture()
    log.info(cycle, 'round')
    expect(text()).toContain('[deeper]')
  })
})
