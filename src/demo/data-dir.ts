import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { OperatorError } from '../domain/errors.ts'

/** In place of a process id once the demo has ended. A word, for whoever hands the file's content to `kill`. */
const ENDED = 'ended'

export interface DataDir {
  readonly path: string
  stop(): Promise<void>
}

/**
 * The folder, emptied. Throws `OperatorError`: `busy` while another demo works in it, `bad_input` if it holds
 * what no demo left there, for that is not ours to remove.
 */
export async function freshDataDir(relative: string): Promise<DataDir> {
  const path = resolve(relative)
  const pidFile = join(path, 'demo.pid')
  const mark = await readFile(pidFile, 'utf8').catch(() => null)
  const owner = Number(mark?.trim())
  if (owner > 1 && owner !== process.pid && isAlive(owner))
    throw new OperatorError(
      'busy',
      `Another demo runs here, as process ${owner}.`,
      `Nothing was started. End that one first, or remove ${pidFile} if it is something else.`,
    )
  if (mark === null && (await readdir(path).catch(() => [])).length > 0)
    throw new OperatorError(
      'bad_input',
      `${path} is not empty and no demo left it behind.`,
      'Nothing was started and nothing was removed. Empty it, or name another folder with --data.',
    )
  await rm(path, { recursive: true, force: true })
  await mkdir(path, { recursive: true })
  await writeFile(pidFile, `${process.pid}\n`)
  return { path, stop: () => writeFile(pidFile, `${ENDED}\n`) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
