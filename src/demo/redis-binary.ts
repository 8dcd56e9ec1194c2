import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How to start a real Redis server: its path, and the environment that it needs to find its libraries. */
export interface RedisBinary {
  readonly path: string
  readonly env: NodeJS.ProcessEnv
}

const NAMES = ['redis-server', 'valkey-server']
const CACHE = resolve(import.meta.dirname, '../../.cache')
const HINT =
  'No Redis server found. Install one (apt install redis-server, brew install redis, dnf install valkey) ' +
  'or name it in REDIS_SERVER_BIN.'

/**
 * Finds a Redis or Valkey server: `$REDIS_SERVER_BIN`, the PATH, one unpacked earlier, else Debian's
 * package, unpacked under `.cache/redis` without root and without installing anything.
 * Throws an error that says what to install where none of that works.
 */
export async function findRedisBinary(
  log: (words: string) => void = () => {},
): Promise<RedisBinary> {
  const named = process.env['REDIS_SERVER_BIN']
  if (named !== undefined && named !== '') return checked({ path: named, env: process.env })
  const installed = onPath()
  if (installed !== null) return { path: installed, env: process.env }
  const unpacked = join(CACHE, 'redis')
  if (!existsSync(unpacked)) {
    log('No redis-server on the PATH: unpacking the one of the distribution into .cache/redis')
    await unpackInto(unpacked)
  }
  return checked(await unpackedBinary(unpacked))
}

const onPath = (): string | null =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => existsSync(path)) ?? null

async function checked(binary: RedisBinary): Promise<RedisBinary> {
  try {
    await run(binary.path, ['--version'], { env: binary.env })
    return binary
  } catch (cause) {
    throw new Error(`${binary.path} does not start. ${HINT}`, { cause })
  }
}

async function unpackedBinary(folder: string): Promise<RedisBinary> {
  const lib = join(folder, 'usr/lib')
  const entries = await readdir(lib, { withFileTypes: true })
  const libraries = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(lib, name))
  return {
    path: join(folder, 'usr/bin/redis-server'),
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
  }
}

/**
 * Every process unpacks into a folder of its own, and the first one to finish gives it its name: a rename
 * onto a folder that is not empty fails, so two at once are safe and a kill leaves nothing half done.
 */
async function unpackInto(target: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const own = await mkdtemp(join(CACHE, 'unpacking-'))
  try {
    const files = join(own, 'files')
    for (const archive of await download(own)) await run('dpkg-deb', ['-x', archive, files])
    await rename(files, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error
    })
  } catch (cause) {
    throw new Error(`${HINT} (Unpacking Debian's package failed, too.)`, { cause })
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** Downloads the packages that this machine lacks, with lists and cache of our own: apt's are root's. */
async function download(own: string): Promise<readonly string[]> {
  const lists = join(own, 'lists')
  const cache = join(own, 'cache')
  const archives = join(cache, 'archives')
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(join(archives, 'partial'), { recursive: true })
  const settings = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Debug::NoLocking=true',
    // Root would otherwise download as _apt, which may not enter this folder.
    'APT::Sandbox::User=',
    'APT::Update::Post-Invoke::=true',
  ].flatMap((setting) => ['-o', setting])
  const quiet = { maxBuffer: 64 * 1024 * 1024 }
  await run('apt-get', [...settings, '-qq', 'update'], quiet)
  await run(
    'apt-get',
    [
      ...settings,
      '-qq',
      '-y',
      '--no-install-recommends',
      '--download-only',
      'install',
      'redis-server',
    ],
    quiet,
  )
  const names = await readdir(archives)
  return names.filter((name) => name.endsWith('.deb')).map((name) => join(archives, name))
}
