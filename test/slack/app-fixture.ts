import { onTestFinished } from 'vitest'

import type { SlackConfig } from '../../src/config/types.ts'
import { createSlackApp, type SlackAppDeps } from '../../src/slack/app.ts'
import { createClients, type SlackCall } from '../../src/slack/clients.ts'
import type { Interaction } from '../../src/slack/guard.ts'
import { createIdentity } from '../../src/slack/identity.ts'
import { createTestLog } from '../helpers/log.ts'
import { APP_TOKEN, startFakeSlack } from './fake-slack/server.ts'
import type { FakeSlackSetup } from './fake-slack/state.ts'
import { SIGNING_SECRET } from './signed.ts'

const people: FakeSlackSetup = {
  users: [{ id: 'U0ANA' }, { id: 'U0BEN' }],
  channels: [{ id: 'C0GENERAL', name: 'general', members: ['U0SPILLWAY', 'U0ANA', 'U0BEN'] }],
}

/** The Bolt app with the listeners of a test, against a fake Slack; both end with the test. */
export async function startApp(
  register: SlackAppDeps['register'],
  change: Partial<SlackConfig> = {},
  setup: FakeSlackSetup = people,
) {
  const slack = await startFakeSlack(setup)
  const log = createTestLog()
  const config: SlackConfig = {
    mode: 'http',
    botToken: slack.token,
    appToken: APP_TOKEN,
    signingSecret: SIGNING_SECRET,
    port: 0,
    host: '127.0.0.1',
    apiUrl: slack.url,
    ...change,
  }
  const calls: SlackCall[] = []
  const interactions: Interaction[] = []
  const clients = createClients({ config, log, onCall: (call) => calls.push(call) })
  const app = createSlackApp({
    config,
    clients,
    identity: createIdentity(clients.interactive),
    clock: { now: () => new Date() },
    ids: { uuid: () => crypto.randomUUID() },
    log,
    onInteraction: (interaction) => interactions.push(interaction),
    register,
  })
  onTestFinished(async () => {
    await app.stop()
    await slack.close()
  })
  app.start()
  return {
    slack,
    app,
    log,
    calls,
    interactions,
    url: () => `http://127.0.0.1:${app.status().port}`,
  }
}
