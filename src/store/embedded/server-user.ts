import { execFile } from 'node:child_process'
import { chown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { OperatorError } from '../../domain/errors.ts'

const run = promisify(execFile)

/** PostgreSQL refuses to run as root, so root lends it this user, which every Linux has. */
const NOBODY = 65534

/** As whom the server runs, and how a program is started that way. */
export interface ServerUser {
  /** For `child_process`; empty where the server runs as we do. */
  readonly credentials: { readonly uid?: number; readonly gid?: number }
  /** Our own arguments become the server's: the program and arguments to spawn. */
  command(program: string, args: readonly string[]): ServerCommand
  /** How the data directory is named to a program that is started in it. */
  dataArgument(directory: string): string
  /** Makes a file or directory tree the server's. */
  give(path: string): Promise<void>
}

interface ServerCommand {
  readonly file: string
  readonly args: readonly string[]
  readonly credentials: ServerUser['credentials']
}

/**
 * As we are; or as `nobody` when we are root. On Linux the server is asked to end when we do, so that
 * even `kill -9` leaves no orphan behind.
 */
export async function serverUser(): Promise<ServerUser> {
  const isRoot = process.getuid?.() === 0
  const isLinux = process.platform === 'linux'
  if (isRoot && !isLinux) {
    throw new OperatorError(
      'not_supported',
      'PostgreSQL does not run as root.',
      'Nothing was changed. Start Spillway as an ordinary user, or set DATABASE_URL.',
    )
  }
  const hasSetpriv = isLinux && (await knowsParentDeath())
  const credentials = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  return {
    credentials,
    command: (program, args) => {
      if (!hasSetpriv) return { file: program, args, credentials }
      const drop = isRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []
      const all = [...drop, '--pdeathsig', 'INT', '--', program, ...args]
      return { file: 'setpriv', args: all, credentials: {} }
    },
    // A path may lead through directories that are closed to `nobody`; the working directory, entered
    // before root's rights are given up, is open whatever lies above it.
    dataArgument: (directory) => (isRoot ? '/proc/self/cwd' : directory),
    give: async (path) => {
      if (isRoot) await chownTree(path)
    },
  }
}

const knowsParentDeath = async (): Promise<boolean> =>
  run('setpriv', ['--pdeathsig', 'INT', '--', 'true']).then(
    () => true,
    () => false,
  )

/** Top last: a tree whose top is the server's was given away completely. */
async function chownTree(path: string): Promise<void> {
  const stats = await lstat(path)
  if (stats.uid === NOBODY) return
  if (stats.isDirectory()) {
    const names = await readdir(path)
    for (const name of names) await chownTree(join(path, name))
  }
  if (!stats.isSymbolicLink()) await chown(path, NOBODY, NOBODY)
}
