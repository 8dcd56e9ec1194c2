import { describe, expect, it } from 'vitest'

import { OperatorError } from '../../src/domain/errors.ts'
import { eventually } from '../helpers/eventually.ts'
import { startApp } from './app-fixture.ts'
import { startFakeSlack } from './fake-slack/server.ts'

const startSocketApp = () =>
  startApp(
    (bolt, guard) => {
      bolt.command(
        '/queue',
        guard.command((_args, reply) => reply({ text: 'all quiet', blocks: [] })),
      )
    },
    { mode: 'socket' },
  )

describe('the Slack app in Socket Mode', () => {
  it('takes commands, and connects again after a refresh, a cut and an outage', async () => {
    const { slack, app } = await startSocketApp()
    const ask = () =>
      slack.sockets.send('slash_commands', {
        command: '/queue',
        text: 'status',
        team_id: 'T0SPILL',
        user_id: 'U0ANA',
        channel_id: 'C0GENERAL',
        trigger_id: slack.trigger('U0ANA'),
        response_url: slack.responseUrl('U0ANA', 'C0GENERAL'),
      })
    const answers = (count: number) =>
      eventually(`${count} answers`, () => slack.seenBy('U0ANA', 'C0GENERAL').length === count)
    const openings = () => slack.callsOf('apps.connections.open').length
    const connected = (count: number) =>
      eventually(`connection ${count}`, () => {
        const isUp = app.status().state === 'connected' && slack.sockets.count() === 1
        return isUp && openings() >= count
      })

    await connected(1)
    await ask()
    await answers(1)

    slack.sockets.refresh()
    await connected(2)
    slack.sockets.cut()
    await connected(3)
    await ask()
    await answers(2)

    const outage = slack.outage()
    slack.sockets.cut()
    await eventually('away', () => app.status().problem?.includes('Slack could not'))
    outage.end()
    await connected(4)
    await ask()
    await answers(3)
    expect(slack.sockets.count()).toBe(1)
  })

  it('says at once which token is missing', async () => {
    const slack = await startFakeSlack()
    await slack.close()
    await expect(startApp(() => undefined, { mode: 'socket', appToken: null })).rejects.toThrow(
      OperatorError,
    )
  })

  it('tells a wrong app-level token', async () => {
    const { app } = await startApp(() => undefined, { mode: 'socket', appToken: 'xapp-wrong' })
    await eventually('away', () => app.status().state === 'away')
    expect(app.status().problem).toContain('invalid_auth')
  })
})
