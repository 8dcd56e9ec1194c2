import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { describeConfig } from '../../../src/config/describe.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { ACTION_KINDS } from '../../../src/domain/action.ts'
import { ALL_TIERS } from '../../../src/domain/policy.ts'
import {
  DEFAULT_AUDIT,
  DEFAULT_POLICY,
  DEFAULT_VAULT,
  ruleFor,
} from '../../../src/domain/settings.ts'
import { ENV, messageOf, parse, SHORT } from '../../helpers/config.ts'

describe('a minimal file', () => {
  it('has defaults for everything else, and tokens from the environment', () => {
    const config = parse(SHORT)
    expect(config.settings).toMatchObject({
      opsChannel: 'queue-ops',
      timeZone: 'UTC',
      roles: [],
      rooms: { template: 'inc-{yymmdd}-{slug}-{id}', maxAutomatic: 5, windowMs: 600_000 },
      commands: { queue: '/queue', incident: '/incident' },
      policy: DEFAULT_POLICY,
      audit: DEFAULT_AUDIT,
      vault: DEFAULT_VAULT,
    })
    expect(config.slack).toMatchObject({ mode: 'socket', botToken: 'xoxb-1-secret' })
    expect(config.systems).toEqual([
      {
        kind: 'bullmq',
        name: 'sales',
        url: ENV.REDIS_URL,
        prefix: 'bull',
        queues: [],
        scanPauseMs: 500,
        majors: null,
      },
    ])
    expect(config.alertSources).toEqual([])
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8080 })
    expect(config.database).toEqual({
      url: null,
      appUrl: null,
      dataDir: '/srv/spillway/.spillway',
    })
  })

  it('takes the database from DATABASE_URL', () => {
    const env = { ...ENV, DATABASE_URL: 'postgresql:///spillway?host=/run/postgresql' }
    expect(parse(SHORT, env).database.url).toBe(env.DATABASE_URL)
  })
})

describe('a whole file', () => {
  it('keeps the example in deploy/ true', () => {
    const text = readFileSync(
      join(import.meta.dirname, '../../../deploy/spillway.example.yml'),
      'utf8',
    )
    const config = parse(text, {
      ...ENV,
      SALES_REDIS_URL: ENV.REDIS_URL,
      ALERTMANAGER_TOKEN: ENV.TOKEN,
    })
    expect(ruleFor(config.settings, { system: 'sales', queue: 'payment:capture' })).toMatchObject({
      tier: 'critical',
      group: 'payments',
      thresholds: { waiting: 5000, oldestMs: 1_800_000 },
    })
    expect(config.settings.queueRules[1]?.thresholds).toMatchObject({ waiting: 5000, failed: null })
    expect(config.settings.roles).toMatchObject([
      { name: 'operator', tiers: ALL_TIERS, approves: [], breaksGlass: [] },
      { name: 'outreach-team', tiers: ['medium', 'low'], actions: ['pause', 'resume'] },
      {
        name: 'approver',
        actions: [],
        approves: expect.arrayContaining([...ACTION_KINDS]) as unknown,
      },
      {
        name: 'incident-lead',
        actions: expect.arrayContaining([...ACTION_KINDS, 'freeze']) as unknown,
        breaksGlass: ['pause', 'resume', 'throttle', 'unthrottle', 'quarantine'],
      },
    ])
    expect(config.settings.policy.approvers).toEqual([
      { match: 'sales/payment:*', tiers: ALL_TIERS, actions: ['resume'], count: 2 },
    ])
    expect(config.alertSources).toEqual([{ kind: 'alertmanager', bearerTokens: [ENV.TOKEN] }])
    expect(config.database.url).toBeNull()
  })

  it('shows the values of the example as the defaults that they are', () => {
    const text = readFileSync(
      join(import.meta.dirname, '../../../deploy/spillway.example.yml'),
      'utf8',
    )
    const env = { ...ENV, SALES_REDIS_URL: ENV.REDIS_URL, ALERTMANAGER_TOKEN: ENV.TOKEN }
    const shown = parse(text, env)
    const usual = parse(SHORT)
    expect(shown.settings).toMatchObject({
      instance: usual.settings.instance,
      rooms: usual.settings.rooms,
      mapping: usual.settings.mapping,
      commands: usual.settings.commands,
      policy: { ...usual.settings.policy, approvers: shown.settings.policy.approvers },
      audit: usual.settings.audit,
      vault: usual.settings.vault,
      replay: usual.settings.replay,
      recovery: usual.settings.recovery,
    })
    expect(shown.probes).toEqual(usual.probes)
    expect({ http: shown.http, slack: shown.slack, database: shown.database }).toEqual({
      http: usual.http,
      slack: usual.slack,
      database: usual.database,
    })
  })

  it('takes numbers and durations out of the environment', () => {
    const text = `${SHORT}
http: {port: "\${PORT:-9000}"}
rooms: {reopen_within: "\${REOPEN}", private: "\${PRIVATE}"}`
    const config = parse(text, { ...ENV, REOPEN: '1h30m', PRIVATE: 'true' })
    expect(config.http.port).toBe(9000)
    expect(config.settings.rooms).toMatchObject({ reopenMs: 5_400_000, isPrivate: true })
  })

  it('takes policy as it is written, with everything that is left out', () => {
    const config = parse(
      `${SHORT}
roles:
  lead: {users: U12345678, groups: S12345678, queues: "*", tiers: critical, break_glass: resume}
policy:
  approval_ttl: 1h
  drift: "\${DRIFT}"
  limits: {per_queue: 5}
audit: {file: heads.log}`,
      { ...ENV, DRIFT: '0.5' },
    )
    expect(config.settings.roles).toEqual([
      {
        name: 'lead',
        users: ['U12345678'],
        groups: ['S12345678'],
        queues: ['*'],
        tiers: ['critical'],
        actions: [],
        approves: [],
        breaksGlass: ['resume'],
      },
    ])
    expect(config.settings.policy).toEqual({
      ...DEFAULT_POLICY,
      approvalTtlMs: 3_600_000,
      driftShare: 0.5,
      limits: { ...DEFAULT_POLICY.limits, perQueue: 5 },
    })
    expect(config.settings.audit.anchorFile).toBe('/srv/spillway/heads.log')
  })

  it('knows the remedies that it is told', () => {
    const remedy = `{pattern: 'quota \\d+', cause: The quota is used up., advice: Ask Ana.}`
    expect(parse(`${SHORT}remedies:\n  - ${remedy}`).settings.remedies).toEqual([
      { pattern: 'quota \\d+', cause: 'The quota is used up.', advice: 'Ask Ana.', action: null },
    ])
    expect(parse(SHORT).settings.remedies).toEqual([])
  })

  it('keeps what is in the vault as long as it is told to', () => {
    expect(parse(`${SHORT}vault: {keep: 30d, warn: 2d}`).settings.vault).toEqual({
      keepMs: 30 * 86_400_000,
      warnMs: 2 * 86_400_000,
    })
    expect(parse(`${SHORT}vault: {keep: null}`).settings.vault.keepMs).toBeNull()
  })

  it('takes what a variable holds as it is', () => {
    const env = { ...ENV, TOKEN: 'x${HOME}: [1, 2] #y'.replaceAll(' ', '_') }
    const config = parse(`${SHORT}\nalerts: {json: {bearer: ["\${TOKEN}"]}}`, env)
    expect(config.alertSources[0]?.bearerTokens).toEqual([env.TOKEN])
  })
})

describe('finding the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-config-'))
  const named = (name: string, instance: string): string => {
    const path = join(directory, name)
    writeFileSync(path, `${SHORT}instance: ${instance}\n`)
    return path
  }

  it('prefers --config over SPILLWAY_CONFIG over ./spillway.yml', () => {
    named('spillway.yml', 'here')
    const env = { ...ENV, SPILLWAY_CONFIG: named('b.yml', 'variable') }
    expect(loadConfig({ env: ENV, cwd: directory }).settings.instance).toBe('here')
    expect(loadConfig({ env, cwd: directory }).settings.instance).toBe('variable')
    const path = named('c.yml', 'flag')
    expect(loadConfig({ path, env, cwd: directory }).settings.instance).toBe('flag')
  })

  it('says how to get one, with an example that works', () => {
    const message = messageOf(() => loadConfig({ path: 'none.yml', env: ENV, cwd: directory }))
    expect(message).toContain(join(directory, 'none.yml'))
    const example = message.slice(message.indexOf('  ops_channel')).replaceAll(/^ {2}/gm, '')
    expect(parse(example, { ...ENV, ALERTMANAGER_TOKEN: ENV.TOKEN }).alertSources).toHaveLength(1)
  })
})

describe('describing a configuration', () => {
  it('shows what counts and no secret', () => {
    const text = `${SHORT}alerts: {json: {bearer: ["\${TOKEN}"]}}
database: {url: "postgres://owner:pg-secret@db/spillway?password=pg-secret"}`
    const shown = describeConfig(parse(text))
    expect(shown).toContain('redis://127.0.0.1:6379/0')
    expect(shown).toContain('postgres://db/spillway')
    for (const secret of ['redis-secret', 'pg-secret', 'xoxb', 'xapp', ENV.TOKEN])
      expect(shown).not.toContain(secret)
  })
})
