import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { OperatorError } from '../domain/errors.ts'
import { cellCommand, findCell, leashed } from './cell.ts'
import { freePort } from './free-port.ts'
import { scriptCommand } from './script.ts'
import { workspaceFile } from './workspace.ts'

/** How to reach the local Slack: a Unix socket when it runs in a cell, else a port. */
export type SlackAddress = Pick<RequestOptions, 'socketPath' | 'host' | 'port'>

export interface LocalSlack {
  readonly address: SlackAddress
  /** `http://127.0.0.1:…` as the server believes itself to be reached; appears in what it sends. */
  readonly ownUrl: string
  /** False where the machine allows no network namespace: then the port is open to the network. */
  readonly isPrivate: boolean
  /** Where it listens, in its cell or on every interface. */
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

const START_MS = 15_000

/**
 * Starts the local Slack with the demo's workspace, in a cell where the machine allows one. Throws an
 * `OperatorError` where there is no program for the machine.
 */
export async function startLocalSlack(cell = findCell()): Promise<LocalSlack> {
  const binary = findBinary()
  const dir = await mkdtemp(join(tmpdir(), 'spillway-slack-'))
  const file = join(dir, 'workspace.json')
  await writeFile(file, workspaceFile())
  const port = await freePort()
  const server = [binary, '--config', file, '--port', `${port}`, '--base-host', '127.0.0.1']
  const socketPath = join(dir, 'slack.sock')
  const relay = [...scriptCommand(import.meta.url, './relay'), socketPath, `${port}`]
  const command = cell === null ? leashed(server) : cellCommand(cell, relay, server)
  const address: SlackAddress = cell === null ? { host: '127.0.0.1', port } : { socketPath }
  const child = launch([...command, '--files-dir', join(dir, 'files')])
  try {
    await untilUp(child, address)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const ownUrl = `http://127.0.0.1:${port}`
  return {
    address,
    ownUrl,
    isPrivate: cell !== null,
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill('SIGTERM')
        await gone
      }
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function findBinary(): string {
  try {
    return createRequire(import.meta.url).resolve('local-slack-linux-x64/bin/local-slack')
  } catch (cause) {
    throw new OperatorError(
      'not_supported',
      'There is no local Slack for this machine: it comes as a program for Linux on x64.',
      'Nothing was started. Use a real workspace instead: npm run demo -- --real-slack.',
      cause,
    )
  }
}

function launch([command = '', ...args]: readonly string[]): ChildProcess {
  // In a group of its own: Ctrl-C is for us, who stop things in order.
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  // The leash needs Perl; this one does not, but a SIGKILL cuts it.
  const cut = () => child.kill('SIGKILL')
  process.once('exit', cut)
  child.once('exit', () => process.off('exit', cut))
  return child
}

/** Resolves once the server answers; rejects with its last words if it ends first. */
async function untilUp(child: ChildProcess, address: SlackAddress): Promise<void> {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-2000)
  })
  let failure: Error | null = null
  child.once('error', (error) => {
    failure = error
  })
  for (let waited = 0; waited < START_MS; waited += 50) {
    if (failure !== null || child.exitCode !== null) break
    if (await answers(address)) return
    await delay(50)
  }
  throw new Error(`The local Slack did not start. ${words}`, { cause: failure })
}

const answers = (address: SlackAddress): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = request({ ...address, path: '/_control/state', timeout: 1000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    probe.on('timeout', () => probe.destroy())
    probe.on('error', () => resolve(false))
    probe.end()
  })
