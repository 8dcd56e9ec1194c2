import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { OperatorError } from '../domain/errors.ts'

export interface DataDir {
  readonly path: string
  stop(): Promise<void>
}

/** The folder, emptied. Throws `OperatorError('busy')` while another demo works in it. */
export async function freshDataDir(relative: string): Promise<DataDir> {
  const path = resolve(relative)
  const pidFile = join(path, 'demo.pid')
  const owner = Number(await readFile(pidFile, 'utf8').catch(() => '0'))
  if (owner > 0 && owner !== process.pid && isAlive(owner))
    throw new OperatorError(
      'busy',
      `Another demo runs here, as process ${owner}.`,
      `Nothing was started. End that one first, or remove ${pidFile} if it is something else.`,
    )
  await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true })
  await writeFile(pidFile, `${process.pid}\n`)
  return { path, stop: () => rm(pidFile, { force: true }) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
