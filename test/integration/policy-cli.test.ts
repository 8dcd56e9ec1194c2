import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { policy } from '../../src/cli/policy.ts'
import { OperatorError } from '../../src/domain/errors.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { startFakeSlack, type FakeSlack } from '../slack/fake-slack/server.ts'

const ANNA = 'U00000001'
const BEN = 'U00000002'
const GUEST = 'U00000003'
let slack: FakeSlack
const directory = mkdtempSync(join(tmpdir(), 'spillway-policy-'))

beforeAll(async () => {
  slack = await startFakeSlack({
    users: [{ id: ANNA }, { id: BEN }, { id: GUEST, isGuest: true }],
    groups: { S00000001: [ANNA] },
  })
})
afterAll(() => slack.close())

const FILE = `
ops_channel: queue-ops
systems:
  sales: {kind: bullmq, url: "redis://127.0.0.1:1"}
queues: [{match: "sales/payment:*", tier: critical}]
roles:
  operator: {groups: [S00000001], queues: ["*"], actions: [pause, resume], break_glass: [pause]}
  lead: {users: [${BEN}], queues: ["*"], tiers: critical, actions: [pause, freeze], approves: [pause]}
policy: {approvals: [{match: "sales/payment:*", actions: pause, approvers: 1}]}
`.replace(
  'approves: [pause]}',
  `approves: [pause]}\n  second: {groups: [S00000001], queues: ["*"], approves: [pause]}`,
)

async function run(...args: string[]) {
  const path = join(directory, 'spillway.yml')
  const { url, token } = slack
  const tail = `slack: {mode: http, bot_token: ${token}, signing_secret: ${'a'.repeat(32)}, api_url: "${url}"}\n`
  writeFileSync(path, FILE + tail)
  let text = ''
  const code = await policy({
    args: [...args, '--config', path],
    env: {},
    cwd: directory,
    clock: { now: () => new Date() },
    log: silentLog,
    write: (part) => void (text += part),
  })
  return { code, text }
}

describe('spillway policy', () => {
  it('prints the rules as tables', async () => {
    const { code, text } = await run()
    expect(code).toBe(0)
    expect(text.split('\n').slice(0, 8)).toEqual([
      'ROLE      WHO        QUEUES  TIERS     ACTIONS  APPROVES  BREAKS GLASS',
      'operator  S00000001  *       all       pause    -         pause',
      '                                       resume',
      'lead      U00000002  *       critical  pause    pause     -',
      '                                       freeze',
      'second    S00000001  *       all       -        pause     -',
      '',
      'APPROVAL OF      ON               TIERS  APPROVERS',
    ])
    expect(text).toContain('pause            sales/payment:*  all    1')
    expect(text).toContain('In any 10 min: at most 30 actions by a person, 20 on a queue.')
  })
})

describe('spillway policy explain', () => {
  it('asks Slack who is in the groups, and exits 0 for who may', async () => {
    expect(await run('explain', ANNA, 'pause', 'payment:charge')).toEqual({
      code: 0,
      text: `${ANNA} may pause sales/payment:charge (tier critical).
The role operator (user group S00000001) may pause sales/payment:charge.
Where approval is due, 1 other person must approve: ${BEN}.
They may break the glass instead.
`,
    })
  })

  it('exits 3 for who may not, and names who may', async () => {
    expect(await run('explain', BEN, 'pause', 'sales/email')).toEqual({
      code: 3,
      text: `${BEN} may not pause sales/email (tier medium).
It needs the role operator.
Who may: ${ANNA}.
`,
    })
    const guest = await run('explain', GUEST, 'freeze')
    expect(guest).toEqual({
      code: 3,
      text: `${GUEST} may not freeze Spillway.\nGuests cannot use Spillway.\nWho may: ${BEN}.\n`,
    })
  })

  it('says that Slack does not answer, and goes by the ids of the configuration', async () => {
    const outage = slack.outage()
    try {
      const anna = await run('explain', ANNA, 'pause', 'payment:charge')
      expect(anna.code).toBe(3)
      expect(anna.text).toContain('So this is the answer from the ids in the configuration alone.')
      const ben = await run('explain', BEN, 'pause', 'payment:charge')
      expect(ben.code).toBe(0)
      expect(ben.text).toContain('The role lead (named by id) may pause')
    } finally {
      outage.end()
    }
  })

  it.each([
    [['explain'], 'A person and an action are needed.'],
    [['explain', '@anna', 'pause', 'email'], 'is not a Slack user id'],
    [['explain', ANNA, 'puase', 'email'], 'There is no action `puase`. Did you mean `pause`?'],
    [['explain', ANNA, 'pause'], 'A queue is needed.'],
    [['explain', ANNA, 'pause', 'crm/email'], '`crm/email` names no system.'],
    [['explian', ANNA], 'There is no `policy explian`.'],
  ])('refuses %j in words', async (args, words) => {
    const refused = run(...args)
    await expect(refused).rejects.toThrow(OperatorError)
    await expect(refused).rejects.toThrow(words)
  })
})
