import { describe, expect, it } from 'vitest'

import { ENV, messageOf, parse, SHORT } from '../../helpers/config.ts'

const role = (text: string): string => `${SHORT}roles:\n  operator: ${text}\n`
/** Two people who may approve a resume, then this line of policy. */
const policy = (text: string): string =>
  `${role('{users: [U12345678, U23456789], queues: ["*"], approves: [resume]}')}policy:\n  ${text}\n`
const rules = (text: string): string => `${SHORT}queues:\n${text}\n`

describe('a bad file is refused in words', () => {
  it.each([
    [
      'a key with a typo',
      `${SHORT}ops_chanel: x`,
      'ops_chanel (line 5): is not a known key. Did you mean `ops_channel`?',
    ],
    [
      'a nested typo',
      rules('  - {match: "*", ownrs: [U12345678]}'),
      'queues[0].ownrs (line 6): is not a known key. Did you mean `owners`?',
    ],
    ['no systems', 'ops_channel: x', 'systems: is missing.'],
    ['an empty system list', 'ops_channel: x\nsystems: {}', 'must name at least one system'],
    ['an empty file', '', 'ops_channel: is missing.'],
    ['a list instead of a file', '- a', '(the whole file)'],
    [
      'a variable that is not set',
      `${SHORT}instance: \${NOPE}`,
      'instance (line 5): the environment variable NOPE is not set.',
    ],
    ['a broken reference', `${SHORT}instance: "\${no pe}"`, '`${no pe}` is not a variable'],
    [
      'a redis address of another kind',
      SHORT.replace('${REDIS_URL}', 'http://x'),
      'systems.sales.url (line 4): must be an address that begins with redis:// or rediss://',
    ],
    [
      'a duration without a unit',
      `${SHORT}rooms: {window: "10"}`,
      'rooms.window (line 5): must be a duration such as 30m',
    ],
    [
      'anchors at a time that no clock can keep',
      `${SHORT}audit: {anchor_every: 90s}`,
      'audit.anchor_every (line 5): must be whole minutes up to an hour, or whole hours',
    ],
    [
      'the same workspace as a second one',
      `${SHORT}audit: {second: {bot_token: ${ENV.SLACK_BOT_TOKEN}, channel: anchors}}`,
      'the same workspace twice vouches for no more than once',
    ],
    [
      'a time zone of nowhere',
      `${SHORT}time_zone: Mars/Olympus`,
      'time_zone (line 5): is not a time zone',
    ],
    [
      'a name instead of a user id',
      role('{users: ["@anna"], queues: ["*"], actions: [pause]}'),
      'roles.operator.users[0] (line 6): must be a Slack user id (U…)',
    ],
    [
      'a group among the users',
      role('{users: [S12345678], queues: ["*"], actions: [pause]}'),
      'must be a Slack user id',
    ],
    [
      'a role for nobody',
      role('{queues: ["*"], actions: [pause]}'),
      'roles.operator (line 6): names nobody',
    ],
    [
      'a role that grants nothing',
      role('{users: [U12345678], queues: ["*"]}'),
      'roles.operator (line 6): grants nothing; give it actions, approves or break_glass.',
    ],
    [
      'a role for a tier that does not exist',
      role('{users: [U12345678], queues: ["*"], actions: [pause], tiers: [hihg]}'),
      'roles.operator.tiers[0] (line 6): must be one of critical, high, medium, low. Did you mean `high`?',
    ],
    [
      'a freeze that is to be approved',
      role('{users: [U12345678], queues: ["*"], approves: [freeze]}'),
      'roles.operator.approves[0] (line 6): must be one of pause, resume',
    ],
    [
      'an approval rule over an unknown system',
      policy('approvals: [{match: "sale/*", approvers: 1}]'),
      'policy.approvals[0].match (line 8): there is no system `sale`. Did you mean `sales`?',
    ],
    [
      'an approval rule for nobody',
      policy('approvals: [{match: "*", approvers: 0}]'),
      'policy.approvals[0].approvers (line 8): must be at least 1.',
    ],
    [
      'more approvers than there are beside the requester',
      policy('approvals: [{match: "*", actions: [resume], approvers: 2}]'),
      'policy.approvals[0].approvers (line 8): can never be met for everybody who may order it: 2 must approve resume beside the requester, and only 2 may.',
    ],
    [
      'approvers for what no role approves',
      policy('approvals: [{match: "*", actions: [pause], approvers: 1}]'),
      'policy.approvals[0].approvers (line 8): can never be met: no role that covers these tiers approves one of these actions.',
    ],
    ['a drift of more than all', policy('drift: 25'), 'policy.drift (line 8): must be at most 1.'],
    [
      'no action for anybody',
      policy('limits: {per_person: 0}'),
      'policy.limits.per_person (line 8): must be at least 1.',
    ],
    [
      'a role without queues',
      role('{users: [U12345678], actions: [pause]}'),
      'roles.operator.queues (line 6): is missing.',
    ],
    [
      'an action with a typo',
      role('{users: [U12345678], queues: ["*"], actions: [pasue]}'),
      'unstick, freeze. Did you mean `pause`?',
    ],
    [
      'a glob of an unknown system',
      rules('  - {match: "sale/payment:*"}'),
      'queues[0].match (line 6): there is no system `sale`. Did you mean `sales`?',
    ],
    [
      'a glob without a system',
      rules('  - {match: payment}'),
      'names no system; globs run over system/queue, for example `sales/payment`',
    ],
    [
      'a role over an unknown system',
      role('{users: [U12345678], queues: ["crm/*"], actions: [pause]}'),
      'roles.operator.queues[0] (line 6): there is no system `crm`',
    ],
    [
      'a rule that is never reached',
      rules('  - match: "sales/*"\n  - match: "sales/a:*"'),
      'queues[1].match (line 7): is never reached',
    ],
    [
      'the same rule twice',
      rules('  - match: "sales/a?"\n  - match: "sales/a?"'),
      'queues[1].match (line 7): is never reached',
    ],
    [
      'an unknown tier',
      rules('  - {match: "*", tier: crit}'),
      'must be one of critical, high, medium, low',
    ],
    [
      'two systems at one place',
      SHORT + '  crm: {kind: bullmq, url: "${REDIS_URL}"}',
      'systems.crm (line 5): is the same place as `sales`',
    ],
    ['a system name with a slash', SHORT.replace('sales:', 'sa/les:'), 'must be a system name'],
    ['the same key twice', `${SHORT}ops_channel: y`, 'line 5: Map keys must be unique'],
    [
      'a room name with capitals',
      `${SHORT}rooms: {template: "INC-{id}"}`,
      'rooms.template (line 5): may hold only small letters',
    ],
    [
      'a room name with an unknown word',
      `${SHORT}rooms: {template: "inc-{slag}-{id}"}`,
      '{slag} is not a placeholder; there are {yymmdd}, {slug}, {id} and {ts}. Did you mean `slug`?',
    ],
    [
      'a room name that is always the same',
      `${SHORT}rooms: {template: incident}`,
      'must hold {id} or {ts}',
    ],
    [
      'a room name that is too long',
      `${SHORT}rooms: {template: "${'x'.repeat(72)}-{id}"}`,
      'at most 75 are safe',
    ],
    [
      'a short bearer token',
      `${SHORT}alerts: {json: {bearer: [abc]}}`,
      'alerts.json.bearer[0] (line 5): must be at least 16 characters',
    ],
    [
      'a source without a token',
      `${SHORT}alerts: {json: {bearer: []}}`,
      'alerts.json.bearer (line 5): must not be empty',
    ],
    [
      'a token twice',
      `${SHORT}alerts: {json: {bearer: ["\${TOKEN}", "\${TOKEN}"]}}`,
      'holds the same token twice',
    ],
    [
      'an unknown default system',
      `${SHORT}alerts: {mapping: {default_system: sals}}`,
      'there is no system `sals`. Did you mean `sales`?',
    ],
    ['HTTP mode without the secret', `${SHORT}slack: {mode: http}`, 'slack.signing_secret'],
    [
      'swapped tokens',
      `${SHORT}slack: {bot_token: xapp-1-a}`,
      'slack.bot_token (line 5): must be a bot token (xoxb-…)',
    ],
    [
      'a signing secret of another shape',
      `${SHORT}slack: {mode: http, signing_secret: abc}`,
      'must be the signing secret of the app',
    ],
    [
      'one port for two servers',
      `${SHORT}slack: {mode: http, port: 8080, signing_secret: ${'a'.repeat(32)}}`,
      'slack.port (line 5): is the port of http, too',
    ],
    [
      'a database of another kind',
      `${SHORT}database: {url: "mysql://x"}`,
      'must be an address that begins with postgres://',
    ],
    [
      'an application login alone',
      `${SHORT}database: {app_url: "postgres://a@b/c"}`,
      'needs database.url beside it',
    ],
    [
      'a remedy for a pattern that could hang',
      `${SHORT}remedies:\n  - {pattern: '(a)\\1', cause: x, advice: y}`,
      'remedies[0].pattern (line 6): is not a pattern that can be used: invalid escape sequence',
    ],
    [
      'a vault that forgets overnight',
      `${SHORT}vault: {keep: 12h}`,
      'vault.keep (line 5): must be at least 1d',
    ],
    [
      'a warning before there is anything to warn of',
      `${SHORT}vault: {keep: 7d, warn: 7d}`,
      'vault.warn (line 5): must be shorter than vault.keep',
    ],
    [
      'one command for both',
      `${SHORT}commands: {queue: incident}`,
      'must differ from commands.queue',
    ],
    [
      'a port beyond the last',
      `${SHORT}http: {port: 70000}`,
      'http.port (line 5): must be at most 65535',
    ],
    [
      'a variable in braces without quotes',
      'systems: {a: {kind: bullmq, url: ${REDIS_URL}}}',
      'must be in quotes',
    ],
  ])('%s', (_name, text, words) => {
    expect(messageOf(() => parse(text))).toContain(words)
  })

  it('names the tokens that the mode needs', () => {
    const message = messageOf(() => parse(SHORT, { REDIS_URL: ENV.REDIS_URL }))
    expect(message).toContain('slack.bot_token: is missing.')
  })

  it('tells all problems at once, in the order of the file', () => {
    const message = messageOf(() =>
      parse(
        `ops_channel: Queue Ops\ntime_zone: Mars\nlog_level: loud\nhttp: {port: x}\nsystems: {a: {kind: redis}}`,
      ),
    )
    expect(message).toContain('/srv/spillway/spillway.yml has 6 problems:')
    const lines = message.split('\n').filter((line) => line.startsWith('  '))
    expect(lines.map((line) => line.split(':')[0]?.trim())).toEqual([
      'ops_channel (line 1)',
      'time_zone (line 2)',
      'log_level (line 3)',
      'http.port (line 4)',
      'systems.a.kind (line 5)',
      'systems.a.url (line 5)',
    ])
  })

  it('never repeats a secret', () => {
    const message = messageOf(() =>
      parse(`ops_channel: x
systems: {a: {kind: bullmq, url: "mysql://u:hunter2@host"}}
slack: {bot_token: hunter2-token, app_token: hunter2-app}
database: {url: "hunter2"}
alerts: {json: {bearer: ["hunter2 hunter2 hunter2"]}}`),
    )
    expect(message).not.toContain('hunter2')
  })

  it('never quotes the file when it is not YAML', () => {
    expect(messageOf(() => parse('slack: {bot_token: hunter2\nx'))).not.toContain('hunter2')
  })
})
