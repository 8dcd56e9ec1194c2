import { describe, expect, it, onTestFinished } from 'vitest'

import { OperatorError } from '../../src/domain/errors.ts'
import { ChatRefusal } from '../../src/domain/ports/chat.ts'
import { createClients } from '../../src/slack/clients.ts'
import { postFile } from '../../src/slack/files.ts'
import { createTestLog } from '../helpers/log.ts'
import { botScopes } from './fake-slack/manifest.ts'
import { startFakeSlack } from './fake-slack/server.ts'
import { BOT_USER } from './fake-slack/state.ts'

const FILE = {
  name: 'plan-42.csv',
  title: 'Outcomes',
  content: Buffer.from('plan,job\r\n42,ä\r\n'),
}

async function world(scopes: readonly string[] = botScopes) {
  const slack = await startFakeSlack({
    scopes,
    users: [{ id: 'U0ANA' }],
    channels: [{ id: 'C0OPS', name: 'queue-ops', members: [BOT_USER] }],
  })
  onTestFinished(() => slack.close())
  const config = { botToken: slack.token, apiUrl: slack.url }
  const client = createClients({ config, log: createTestLog() }).background
  return { slack, client, files: () => [...slack.state.files.values()] }
}

describe('a file', () => {
  it('arrives byte for byte in the thread', async () => {
    const { client, files } = await world()
    await postFile(client, FILE, { channelId: 'C0OPS', threadTs: '17.000001' })
    expect(files()).toMatchObject([
      { name: 'plan-42.csv', title: 'Outcomes', channel: 'C0OPS', threadTs: '17.000001' },
    ])
    expect(files()[0]?.content).toEqual(FILE.content)
  })

  it('goes to a person in the thread of a line that says what it is', async () => {
    const { slack, client, files } = await world()
    await postFile(client, FILE, { userId: 'U0ANA', words: 'Outcomes of plan 42.' })
    const direct = slack.state.channels.get('D0U0ANA')
    expect(direct?.messages.map(({ text }) => text)).toEqual(['Outcomes of plan 42.'])
    expect(files()[0]).toMatchObject({ channel: 'D0U0ANA', threadTs: direct?.messages[0]?.ts })
  })

  it('is not posted, and Slack is quoted, where the scope is missing', async () => {
    const { client, files } = await world(botScopes.filter((scope) => scope !== 'files:write'))
    const place = { channelId: 'C0OPS', threadTs: '17.000001' }
    const refused: unknown = await postFile(client, FILE, place).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ChatRefusal)
    expect(refused).toMatchObject({ code: 'missing_scope' })
    expect(files()).toEqual([])
  })

  it('is shared by no one while Slack does not answer', async () => {
    const { slack, client, files } = await world()
    slack.failNext('files.completeUploadExternal', { kind: 'status', status: 500 })
    const place = { channelId: 'C0OPS', threadTs: '17.000001' }
    await expect(postFile(client, FILE, place)).rejects.toThrow(OperatorError)
    expect(files()).toMatchObject([{ channel: null }])
  })
})
