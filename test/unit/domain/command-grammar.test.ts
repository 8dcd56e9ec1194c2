import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  parseIncidentCommand,
  parseMention,
  parseQueueCommand,
} from '../../../src/domain/command-grammar.ts'
import { OperatorError } from '../../../src/domain/errors.ts'

const MINUTE = 60_000

function refusalOf(run: () => unknown): OperatorError {
  try {
    run()
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('it was not refused')
}

describe('the queue command', () => {
  it.each([
    ['', { kind: 'help' }],
    ['  ', { kind: 'help' }],
    ['help', { kind: 'help' }],
    ['list', { kind: 'list', filter: null }],
    ['list sales/*', { kind: 'list', filter: 'sales/*' }],
    ['LIST critical', { kind: 'list', filter: 'critical' }],
    ['status', { kind: 'status', queue: null }],
    ['status outreach:whatsapp:send', { kind: 'status', queue: 'outreach:whatsapp:send' }],
    ['failed email', { kind: 'failed', queue: 'email', filter: '' }],
    ['failed', { kind: 'failed', queue: null, filter: '' }],
    [
      'failed email state:failed error:#a1b2c3d4',
      { kind: 'failed', queue: 'email', filter: 'error:#a1b2c3d4' },
    ],
    ['failed type:a', { kind: 'failed', queue: null, filter: 'type:a' }],
    ['failed `type:a`', { kind: 'failed', queue: 'type:a', filter: '' }],
    [
      'jobs outreach:whatsapp:send attempts:&gt;2 state:delayed',
      {
        kind: 'jobs',
        queue: 'outreach:whatsapp:send',
        filter: 'state:delayed attempts:>2',
        skip: 0,
      },
    ],
    [
      'jobs',
      {
        kind: 'jobs',
        queue: null,
        filter: 'state:waiting,prioritized,delayed,active,failed',
        skip: 0,
      },
    ],
    [
      'duplicates email',
      {
        kind: 'jobs',
        queue: 'email',
        filter: 'state:waiting,prioritized,delayed is:duplicate',
        skip: 0,
      },
    ],
    [
      'corrupted state:failed',
      { kind: 'jobs', queue: null, filter: 'state:failed is:corrupted', skip: 0 },
    ],
    ['job 4711', { kind: 'job', queue: null, id: '4711' }],
    ['job email id:4711', { kind: 'job', queue: 'email', id: '4711' }],
    ['job email "id:4711"', { kind: 'job', queue: 'email', id: 'id:4711' }],
    ['vault', { kind: 'vault', queue: null, set: null }],
    ['vault email', { kind: 'vault', queue: 'email', set: null }],
    ['vault V7', { kind: 'vault', queue: null, set: 7 }],
    ['vault `v7`', { kind: 'vault', queue: 'v7', set: null }],
    ['pause', { kind: 'pause', queue: null, holdMs: null }],
    ['pause email', { kind: 'pause', queue: 'email', holdMs: null }],
    ['pause email for 30m', { kind: 'pause', queue: 'email', holdMs: 30 * MINUTE }],
    [
      'pause sales/email:send 30m',
      { kind: 'pause', queue: 'sales/email:send', holdMs: 30 * MINUTE },
    ],
    ['pause email for 1h 30m', { kind: 'pause', queue: 'email', holdMs: 90 * MINUTE }],
    ['pause email for 2 hours', { kind: 'pause', queue: 'email', holdMs: 120 * MINUTE }],
    ['pause for 30m', { kind: 'pause', queue: null, holdMs: 30 * MINUTE }],
    ['pause 30m', { kind: 'pause', queue: null, holdMs: 30 * MINUTE }],
    ['pause tier:critical', { kind: 'pause', queue: 'tier:critical', holdMs: null }],
    ['resume sales/*', { kind: 'resume', queue: 'sales/*' }],
    ['held', { kind: 'held' }],
    ['freeze', { kind: 'freeze', reason: null }],
    [
      'freeze  deploy of the   payment service',
      { kind: 'freeze', reason: 'deploy of the   payment service' },
    ],
    ['freeze off', { kind: 'unfreeze' }],
    ['Freeze OFF', { kind: 'unfreeze' }],
    ['freeze off the record', { kind: 'freeze', reason: 'off the record' }],
    ['unfreeze', { kind: 'unfreeze' }],
  ])('reads %o', (text, command) => {
    expect(parseQueueCommand(text)).toEqual(command)
  })

  it.each([
    ['pause `my queue` for 5m', 'my queue'],
    ['pause "my queue" 5m', 'my queue'],
    ["pause 'my queue' 5m", 'my queue'],
    ['pause “my queue” 5m', 'my queue'],
    ['pause `30m` 5m', '30m'],
    ['pause "for" for 5m', 'for'],
    ['pause <#C024BE7LR|email-send> 5m', 'email-send'],
    ['pause <http://email.new|email.new> 5m', 'email.new'],
    ['pause a&amp;b&lt;c 5m', 'a&b<c'],
  ])('takes the name out of %o', (text, queue) => {
    expect(parseQueueCommand(text)).toEqual({ kind: 'pause', queue, holdMs: 5 * MINUTE })
  })

  it('says what was probably meant, and that nothing was changed', () => {
    const error = refusalOf(() => parseQueueCommand('psue email'))
    expect(error.code).toBe('unknown_command')
    expect(error.message).toBe('There is no command `psue`; did you mean `pause`?')
    expect(error.advice).toContain('Nothing was changed.')
  })

  it('suggests nothing where nothing is close', () => {
    expect(refusalOf(() => parseQueueCommand('xyzzy')).message).toBe('There is no command `xyzzy`.')
  })

  it('sends commands of the other kind there', () => {
    expect(refusalOf(() => parseQueueCommand('ack 7')).message).toContain('about incidents')
    expect(refusalOf(() => parseIncidentCommand('pause email')).message).toContain('about queues')
  })

  it.each([
    ['pause email for', 'bad_duration'],
    ['pause email for ages', 'bad_duration'],
    ['pause email 30x', 'bad_duration'],
    ['pause email until monday', 'bad_duration'],
    ['pause email for 31d', 'bad_duration'],
    ['pause email for 0m', 'bad_duration'],
    ['status email orders', 'bad_input'],
    ['held email', 'bad_input'],
    ['failed email state:waiting', 'bad_input'],
    ['jobs email tpye:a', 'bad_input'],
    ['job', 'bad_input'],
    ['job email 1 2', 'bad_input'],
    ['vault email v7', 'bad_input'],
  ])('refuses %o as %s', (text, code) => {
    const error = refusalOf(() => parseQueueCommand(text))
    expect(error.code).toBe(code)
    expect(error.advice).toMatch(/^Nothing was changed\. ./)
  })

  it.each([
    ['failed email data.password=hunter2', 'data.password'],
    ['jobs email data.customer.name!=hunter2', 'data.customer.name'],
    ['duplicates email data.note=hunter2@example.com', 'data.note'],
  ])('does not let a list tell of what is redacted: %s', (text, path) => {
    const error = refusalOf(() => parseQueueCommand(text))
    expect(error.message).toContain(`\`${path}\` is redacted, so lists do not look for its value`)
    expect(`${error.message} ${error.advice}`).not.toContain('hunter2')
    const action = text.replace(/^\w+/, 'retry')
    expect(parseQueueCommand(action)).toMatchObject({ filter: text.split(' ')[2] })
  })
})

describe('the incident command', () => {
  it.each([
    ['', { kind: 'help' }],
    ['ack', { kind: 'ack', incidentId: null }],
    ['ack 7', { kind: 'ack', incidentId: 7 }],
    ['ACK #7', { kind: 'ack', incidentId: 7 }],
    ['resolve 12', { kind: 'resolve', incidentId: 12 }],
    ['list', { kind: 'list' }],
    ['status', { kind: 'status', incidentId: null }],
    ['status #3', { kind: 'status', incidentId: 3 }],
    ['#7', { kind: 'status', incidentId: 7 }],
    ['7', { kind: 'status', incidentId: 7 }],
  ])('reads %o', (text, command) => {
    expect(parseIncidentCommand(text)).toEqual(command)
  })

  it('wants a number, and says so', () => {
    const error = refusalOf(() => parseIncidentCommand('ack email'))
    expect(error.code).toBe('bad_input')
    expect(error.message).toBe('`email` is not the number of an incident.')
  })

  it('suggests verbs', () => {
    expect(refusalOf(() => parseIncidentCommand('reslove 7')).message).toContain('`resolve`')
  })
})

describe('a mention', () => {
  it.each([
    [
      '<@U0BOT> pause email for 30m',
      { queue: { kind: 'pause', queue: 'email', holdMs: 30 * MINUTE } },
    ],
    ['<@U0BOT|spillway>: status', { queue: { kind: 'status', queue: null } }],
    ['please, <@U0BOT> held', { queue: { kind: 'held' } }],
    ['<@U0BOT> ack', { incident: { kind: 'ack', incidentId: null } }],
    ['<@U0BOT> resolve 7', { incident: { kind: 'resolve', incidentId: 7 } }],
    ['<@U0BOT> #7', { incident: { kind: 'status', incidentId: 7 } }],
    ['<@U0BOT> status #7', { incident: { kind: 'status', incidentId: 7 } }],
    ['<@U0BOT> incident list', { incident: { kind: 'list' } }],
    ['<@U0BOT> /incident', { incident: { kind: 'help' } }],
    ['<@U0BOT> /queue list', { queue: { kind: 'list', filter: null } }],
    ['<@U0BOT>', { queue: { kind: 'help' } }],
  ])('reads %o', (text, command) => {
    expect(parseMention(text)).toEqual(command)
  })

  it('suggests across both kinds', () => {
    expect(refusalOf(() => parseMention('<@U0BOT> resovle 7')).message).toContain('`resolve`')
    expect(refusalOf(() => parseMention('<@U0BOT> resum email')).message).toContain('`resume`')
  })
})

describe('whatever people type', () => {
  const piece = fc.constantFrom(
    'pause',
    'for',
    '30m',
    '`',
    '"',
    '<@U1>',
    '<#C1|',
    '>',
    '&lt;',
    '#',
    '7',
    ' ',
    '’',
    'ack',
    'freeze off',
  )
  const typed = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(piece, fc.string()), { maxLength: 12 }).map((parts) => parts.join(' ')),
  )

  it('is understood or refused in words, never a crash', () => {
    const isWords = (error: unknown): boolean =>
      error instanceof OperatorError && error.message.length < 300 && error.advice !== ''
    const survives = (text: string): boolean =>
      [parseQueueCommand, parseIncidentCommand, parseMention].every((parse) => {
        try {
          return typeof parse(text) === 'object'
        } catch (error) {
          return isWords(error)
        }
      })
    expect(fc.check(fc.property(typed, survives)).counterexample).toBeNull()
  })

  it('keeps a quoted name as it is', () => {
    const name = fc
      .stringMatching(/^[^`<>&\s][^`<>&]{0,40}$/)
      .filter((text) => text === text.trim())
    fc.assert(
      fc.property(name, (queue) => {
        expect(parseQueueCommand(`failed \`${queue}\``)).toEqual({
          kind: 'failed',
          queue,
          filter: '',
        })
      }),
    )
  })

  it('is read in time linear in its length', () => {
    const long = '`"\'“<'.repeat(20_000)
    expect(refusalOf(() => parseQueueCommand(`status ${long}`)).code).toBe('bad_input')
  })
})
