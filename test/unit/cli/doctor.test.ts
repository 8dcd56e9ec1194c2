import { describe, expect, it } from 'vitest'

import { examine } from '../../../src/cli/doctor/examine.ts'
import type { Finding } from '../../../src/cli/doctor/finding.ts'
import type { DoctorPorts } from '../../../src/cli/doctor/ports.ts'
import { printFindings } from '../../../src/cli/doctor/print.ts'
import { OperatorError } from '../../../src/domain/errors.ts'
import { ChatRefusal } from '../../../src/domain/ports/chat.ts'
import { parse, SHORT } from '../../helpers/config.ts'
import {
  anOverview,
  aSlack,
  aSystem,
  FILE,
  healthyState,
  ports,
  SCOPES,
} from '../../helpers/doctor.ts'

const withConfig = (more: string): Partial<DoctorPorts> => ({ config: parse(`${FILE}${more}`) })
const refusal = (code: string) => () => Promise.reject(new ChatRefusal(code, `Slack says ${code}`))
const problems = (findings: readonly Finding[]) => findings.filter(({ level }) => level !== 'ok')

describe('doctor', () => {
  it('finds nothing where all is well', async () => {
    const findings = await examine(ports())
    expect(problems(findings)).toEqual([])
    expect(new Set(findings.map(({ area }) => area))).toEqual(
      new Set(['database', 'systems', 'slack', 'people']),
    )
    expect(printFindings(findings, false)).toMatch(/All is well\.\n$/)
  })

  it.each<readonly [string, Finding['level'], Partial<DoctorPorts>, RegExp]>([
    [
      'a refused token',
      'fail',
      { slack: aSlack({ whoAmI: refusal('invalid_auth') }) },
      /does not accept the bot token \(invalid_auth\)/,
    ],
    [
      'a missing scope',
      'fail',
      { manifest: { scopes: [...SCOPES, 'pins:write'], optional: [] } },
      /lacks the scopes pins:write/,
    ],
    [
      'private rooms without their scope',
      'fail',
      withConfig('rooms: {private: true}'),
      /lacks the scopes groups:write/,
    ],
    [
      'more scopes than needed',
      'warn',
      { manifest: { scopes: ['commands'], optional: [] } },
      /may do more.*chat:write/,
    ],
    [
      'Socket Mode that does not open',
      'fail',
      { slack: aSlack({ openSocket: refusal('invalid_auth') }) },
      /Socket Mode does not open/,
    ],
    [
      'a bot outside the ops channel',
      'fail',
      { slack: aSlack({ ownChannels: () => Promise.resolve([]) }) },
      /not in the ops channel queue-ops; it is in no channel/,
    ],
    [
      'channels that cannot be listed',
      'fail',
      { slack: aSlack({ ownChannels: refusal('missing_scope') }) },
      /could not be looked up/,
    ],
    [
      'an unknown person',
      'fail',
      { slack: aSlack({ user: refusal('user_not_found') }) },
      /U00000001 could not be found/,
    ],
    [
      'a person who left',
      'warn',
      {
        slack: aSlack({
          user: () => Promise.resolve({ name: 'anna', isGone: true, isBot: false }),
        }),
      },
      /deactivated/,
    ],
    [
      'a bot with a role',
      'warn',
      {
        slack: aSlack({
          user: () => Promise.resolve({ name: 'robo', isGone: false, isBot: true }),
        }),
      },
      /is a bot/,
    ],
    [
      'an unknown group',
      'fail',
      { slack: aSlack({ groupMembers: refusal('no_such_subteam') }) },
      /S00000001 could not be read/,
    ],
    [
      'an empty group',
      'warn',
      { slack: aSlack({ groupMembers: () => Promise.resolve([]) }) },
      /no members/,
    ],
    ['nobody who may act', 'fail', { config: parse(SHORT) }, /nobody may pause/],
    [
      'nobody who approves',
      'warn',
      { config: parse(FILE.replace('approves: [pause, resume]', 'approves: [pause]')) },
      /where approval is due, resume cannot be approved for everybody/,
    ],
    [
      'one approver alone, who cannot approve their own',
      'warn',
      { config: parse(FILE.replace('groups: [S00000001], ', '')) },
      /where approval is due, pause or resume cannot be approved/,
    ],
    [
      'roles of people who are gone',
      'fail',
      {
        slack: aSlack({
          user: refusal('user_not_found'),
          groupMembers: refusal('no_such_subteam'),
        }),
      },
      /nobody may resume/,
    ],
    [
      'a system that is away',
      'fail',
      { systems: aSystem({ health: { isReachable: false, problem: 'refused' } }) },
      /sales does not answer: refused/,
    ],
    [
      'an ancient Redis',
      'fail',
      { systems: aSystem({ health: { version: '4.0.9' } }) },
      /runs Redis 4\.0\.9/,
    ],
    [
      'an old Redis',
      'warn',
      { systems: aSystem({ health: { version: '6.0.16' } }) },
      /runs Redis 6\.0\.16/,
    ],
    [
      'a hidden version',
      'warn',
      { systems: aSystem({ health: { version: null } }) },
      /version is hidden/,
    ],
    [
      'a Redis that evicts',
      'fail',
      { systems: aSystem({ health: { maxMemoryPolicy: 'allkeys-lru', maxMemoryBytes: 1 } }) },
      /allkeys-lru and a maxmemory/,
    ],
    [
      'a Redis that would evict once it is given a maxmemory',
      'fail',
      { systems: aSystem({ health: { maxMemoryPolicy: 'allkeys-lru' } }) },
      /allkeys-lru/,
    ],
    [
      'a hidden policy',
      'warn',
      { systems: aSystem({ health: { maxMemoryPolicy: null } }) },
      /policy of sales is hidden/,
    ],
    [
      'a user that may not do everything',
      'warn',
      { systems: aSystem({ missingRights: ['TIME', 'DEL'] }) },
      /user of sales may not run TIME, DEL/,
    ],
    ['no queues', 'warn', { systems: aSystem({ overviews: [] }) }, /no queue that can be seen/],
    [
      'queues that may not be read',
      'fail',
      { systems: aSystem({ refuses: 'NOPERM' }) },
      /could not be read: NOPERM/,
    ],
    [
      'stranded jobs',
      'fail',
      { systems: aSystem({ overviews: [anOverview({ stranded: 7 })] }) },
      /7 in sales\/email/,
    ],
    [
      'a pause that would lose jobs',
      'warn',
      {
        systems: aSystem({
          hazards: [{ code: 'mixed_writers', explanation: 'Two majors write.' }],
        }),
      },
      /sales\/email\): Two majors write/,
    ],
    [
      'a rule for no queue',
      'warn',
      withConfig('queues: [{match: "sales/nothing:*"}]'),
      /sales\/nothing:\* fits no queue/,
    ],
    [
      'a database that is away',
      'fail',
      {
        database: {
          state: () =>
            Promise.reject(
              new OperatorError('database_unreachable', 'PostgreSQL does not answer.', 'Start it.'),
            ),
        },
      },
      /PostgreSQL does not answer/,
    ],
    [
      'pending migrations',
      'warn',
      {
        database: { state: () => Promise.resolve({ ...healthyState, pending: ['001_spine.sql'] }) },
      },
      /1 migrations are not applied: 001_spine/,
    ],
    [
      'rights on the audit trail',
      'fail',
      { database: { state: () => Promise.resolve({ ...healthyState, auditRights: ['delete'] }) } },
      /may delete the audit trail/,
    ],
    [
      'anchors that do not get where they should',
      'warn',
      {
        database: {
          state: () =>
            Promise.resolve({ ...healthyState, anchorProblems: ['file, since entry 7: EACCES'] }),
        },
      },
      /not in their place \(file, since entry 7: EACCES\)/,
    ],
    [
      'a bot outside the audit channel',
      'fail',
      withConfig('audit: {channel: queue-audit}'),
      /not in the audit channel queue-audit; it is in #queue-ops/,
    ],
    [
      'one login for all',
      'warn',
      {
        ...withConfig('database: {url: "postgres://o@db/s"}'),
        database: { state: () => Promise.resolve({ ...healthyState, isOwnerLogin: true }) },
      },
      /logs in as the owner/,
    ],
  ])('%s: %s, with what to do', async (_name, level, changes, words) => {
    const found = problems(await examine(ports(changes))).filter(({ what }) => words.test(what))
    expect(found.map((finding) => finding.level)).toEqual([level])
    expect(found[0]?.next).toMatch(/\w{3}/)
  })

  it('does not call people unknown when Slack cannot be asked', async () => {
    const slack = aSlack({
      whoAmI: () => Promise.reject(new Error('no network')),
      user: refusal('invalid_auth'),
    })
    const people = (await examine(ports({ slack }))).filter(({ area }) => area === 'people')
    expect(people).toEqual([expect.objectContaining({ level: 'warn' })])
  })

  it('does not take a running Spillway on the embedded database for a fault', async () => {
    const busy = new OperatorError('busy', 'Another Spillway uses it.', 'Stop it.')
    const findings = await examine(ports({ database: { state: () => Promise.reject(busy) } }))
    expect(problems(findings)).toEqual([])
  })

  it('makes a finding of a check that breaks', async () => {
    const systems = {
      ...aSystem(),
      all: () => [{ name: 'x', health: () => Promise.reject(new Error('boom')) } as never],
    }
    const found = problems(await examine(ports({ systems })))
    expect(found).toEqual([expect.objectContaining({ level: 'fail', area: 'systems' })])
  })
})
