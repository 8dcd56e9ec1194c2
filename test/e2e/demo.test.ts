import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { expect, it, onTestFinished } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

// Everything is real but Slack, which is the local one: databases, workers of three BullMQ majors, the bot.
it('plays the people on call from alert to a trail that was tampered with, whatever the environment says', async () => {
  const data = await mkdtemp(join(tmpdir(), 'spillway-demo-test-'))
  onTestFinished(() => rm(data, { recursive: true, force: true }))
  const demo = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/main.ts', 'demo', '--auto', '--data', join(data, 'demo')],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        SLACK_BOT_TOKEN: 'xoxb-not-yours',
        REDIS_URL: 'redis://127.0.0.1:1',
        DATABASE_URL: 'postgres://127.0.0.1:1/none',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const [[code], said, complaints] = await Promise.all([
    once(demo, 'exit') as Promise<[number | null]>,
    text(demo.stdout),
    text(demo.stderr),
  ])
  expect(said + complaints).toContain('Everything went as it should.')
  expect(code).toBe(0)
  for (const step of [
    'room',
    'status',
    'failed',
    'acknowledge',
    'pause',
    'held',
    'failures',
    'quarantine',
    'put back',
    'set aside',
    'resume',
    'canary',
    'promote',
    'verified',
    'request',
    'refused',
    'approved',
    'undo',
    'many',
    'undo many',
    'anchor',
    'audit',
    'tampering',
    'rewriting',
  ])
    expect(said).toMatch(new RegExp(`✓ .* ${step} `))
}, 400_000)
