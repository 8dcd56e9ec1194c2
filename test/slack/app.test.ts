import { describe, expect, it } from 'vitest'

import { OperatorError } from '../../src/domain/errors.ts'
import { eventually, gate } from '../helpers/eventually.ts'
import { startApp } from './app-fixture.ts'
import { startFakeSlack } from './fake-slack/server.ts'
import { createPerson, post } from './signed.ts'

const refusal = new OperatorError('frozen', 'Everything is frozen.', 'Nothing was changed.')

describe('the Slack app in HTTP mode', () => {
  it('acknowledges first, answers only the person, and reports both', async () => {
    const { opened, open } = gate()
    const { slack, app, url, interactions } = await startApp((bolt, guard) => {
      bolt.command(
        '/queue',
        guard.command(async (_args, reply) => {
          await opened
          await reply({ text: 'all quiet', blocks: [] })
        }),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    const ana = createPerson(slack, url(), 'U0ANA')

    const ack = await ana.command('/queue', 'status', 'C0GENERAL')
    expect(ack.status).toBe(200)
    expect(slack.seenBy('U0ANA', 'C0GENERAL')).toHaveLength(0)
    open()
    await eventually('answered', () => slack.seenBy('U0ANA', 'C0GENERAL').length === 1)
    expect(slack.seenBy('U0BEN', 'C0GENERAL')).toHaveLength(0)
    await eventually('reported', () => interactions.length === 1)
    expect(interactions[0]).toMatchObject({ kind: 'command', name: '/queue', outcome: 'ok' })
  })

  it('says a refusal in its own words and a fault as a reference that finds the log line', async () => {
    const { slack, app, url, log } = await startApp((bolt, guard) => {
      bolt.command(
        '/queue',
        guard.command(() => Promise.reject(refusal)),
      )
      bolt.command(
        '/incident',
        guard.command(() => Promise.reject(new TypeError('boom'))),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    const ana = createPerson(slack, url(), 'U0ANA')

    await ana.command('/queue', 'pause email', 'C0GENERAL')
    await ana.command('/incident', 'ack', 'C0GENERAL')
    const seen = await eventually('both answered', () => {
      const messages = slack.seenBy('U0ANA', 'C0GENERAL')
      return messages.length === 2 && JSON.stringify(messages)
    })
    expect(seen).toContain('Everything is frozen.')
    expect(seen).toContain('Nothing was changed.')
    expect(seen).not.toContain('boom')
    const fault = log.lines.find(({ facts }) => facts['event'] === 'slack.fault')
    expect(seen).toContain(String(fault?.facts['reference']))
  })

  it('reaches the person by a direct message when the response_url no longer works', async () => {
    const { slack, app, url } = await startApp((bolt, guard) => {
      bolt.command(
        '/queue',
        guard.command(() => Promise.reject(refusal)),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    slack.failNext('respond', { kind: 'status', status: 500 })
    await createPerson(slack, url(), 'U0ANA').command('/queue', '', 'C0GENERAL')

    await eventually('told directly', () => slack.seenBy('U0ANA', 'D0U0ANA').length === 1)
    expect(slack.seenBy('U0ANA', 'C0GENERAL')).toHaveLength(0)
  })

  it('opens a modal, takes its submission, and tells a fault in the channel it came from', async () => {
    const { slack, app, url } = await startApp((bolt, guard) => {
      bolt.command(
        '/queue',
        guard.command(async ({ client, command }) => {
          await client.views.open({
            trigger_id: command.trigger_id,
            view: {
              type: 'modal',
              callback_id: 'sure',
              title: { type: 'plain_text', text: 'Pause' },
              private_metadata: command.channel_id,
              blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'Really?' } }],
            },
          })
        }),
      )
      bolt.view(
        'sure',
        guard.view(() => Promise.reject(refusal), {
          channelOf: ({ view }) => view.private_metadata,
        }),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    const ana = createPerson(slack, url(), 'U0ANA')
    await ana.command('/queue', 'pause', 'C0GENERAL')
    await eventually('a modal', () => slack.state.views.size === 1)
    await ana.submit()

    expect(() => ana.modal()).toThrow('no modal')
    await eventually('told', () => slack.seenBy('U0ANA', 'C0GENERAL').length === 1)
    expect(slack.seenBy('U0BEN', 'C0GENERAL')).toHaveLength(0)
  })

  it('answers mentions and clicks', async () => {
    const { slack, app, url } = await startApp((bolt, guard) => {
      bolt.event(
        'app_mention',
        guard.mention(async ({ say, event }) => {
          await say({
            text: event.text,
            blocks: [
              {
                type: 'actions',
                elements: [
                  {
                    type: 'button',
                    action_id: 'spillway:go',
                    value: 'token-1',
                    text: { type: 'plain_text', text: 'Go' },
                  },
                ],
              },
            ],
          })
        }),
      )
      bolt.action(
        'spillway:go',
        guard.action(async ({ action }, reply) => {
          const value = 'value' in action ? action.value : ''
          await reply({ text: `clicked ${value}`, blocks: [] })
        }),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    const ana = createPerson(slack, url(), 'U0ANA')
    await ana.mention('status', 'C0GENERAL')
    await eventually('answered', () => slack.seenBy('U0ANA', 'C0GENERAL').length === 1)
    await ana.click('spillway:go', 'C0GENERAL')
    await eventually('clicked', () => slack.seenBy('U0ANA', 'C0GENERAL').length === 2)
    expect(slack.seenBy('U0ANA', 'C0GENERAL').at(-1)?.text).toBe('clicked token-1')
  })

  it('handles a mention once, however often Slack sends it', async () => {
    const handled: string[] = []
    const { slack, app, url } = await startApp((bolt, guard) => {
      bolt.event(
        'app_mention',
        guard.mention(({ event }) => {
          handled.push(event.text)
          return Promise.resolve()
        }),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    const ana = createPerson(slack, url(), 'U0ANA')
    await ana.mention('one', 'C0GENERAL', undefined, 'Ev1')
    await ana.mention('one', 'C0GENERAL', undefined, 'Ev1')
    await ana.mention('two', 'C0GENERAL', undefined, 'Ev2')
    await eventually('the last one', () => handled.some((text) => text.endsWith('two')))
    expect(handled).toHaveLength(2)
  })

  it('refuses requests that Slack did not sign, or signed long ago', async () => {
    const { app, url } = await startApp(() => undefined)
    await eventually('connected', () => app.status().state === 'connected')
    const body = 'command=%2Fqueue&team_id=T0SPILL&user_id=U0ANA'
    const type = 'application/x-www-form-urlencoded'
    expect((await post(url(), body, type, { secret: 'guessed' })).status).toBe(401)
    const longAgo = Math.floor(Date.now() / 1000) - 600
    expect((await post(url(), body, type, { at: longAgo })).status).toBe(401)
  })

  it('starts while Slack is away, says so, and connects when it is back', async () => {
    const spare = await startFakeSlack()
    await spare.close()
    const { app } = await startApp(() => undefined, { apiUrl: spare.url })
    await eventually('away', () => app.status().state === 'away')
    expect(app.status().problem).toContain('ECONNREFUSED')

    const back = await startFakeSlack({ port: Number(new URL(spare.url).port) })
    await eventually('connected', () => app.status().state === 'connected')
    await back.close()
  })

  it('tells a wrong token from a Slack that is away', async () => {
    const { app } = await startApp(() => undefined, { botToken: 'xoxb-wrong' })
    await eventually('away', () => app.status().state === 'away')
    expect(app.status().problem).toContain('invalid_auth')
  })

  it('waits for what is being handled before it stops', async () => {
    const { opened, open } = gate()
    const { slack, app, url } = await startApp((bolt, guard) => {
      bolt.command(
        '/queue',
        guard.command(async (_args, reply) => {
          await opened
          await reply({ text: 'finished', blocks: [] })
        }),
      )
    })
    await eventually('connected', () => app.status().state === 'connected')
    await createPerson(slack, url(), 'U0ANA').command('/queue', '', 'C0GENERAL')
    const stopping = app.stop()
    open()

    expect(await stopping).toBe(0)
    expect(app.status().state).toBe('stopped')
    expect(slack.seenBy('U0ANA', 'C0GENERAL')[0]?.text).toBe('finished')
  })
})
