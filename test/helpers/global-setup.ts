import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

import { startEmbedded } from '../../src/store/embedded/launcher.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { DatabaseAddress } from '../../src/store/pool.ts'
import { asAdmin } from './postgres.ts'
import { silentLog } from './silent-log.ts'

const TEMPLATE = 'spillway_template'

/** One PostgreSQL per run, with a migrated template that each test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-test-'))
  const { admin, owner, stop } = await startEmbedded({ dataDir, log: silentLog, isDurable: false })
  await asAdmin(admin, `create database ${TEMPLATE} owner spillway`)
  await migrate({ ...owner, database: TEMPLATE }, { log: silentLog })
  project.provide('postgres', { admin: login(admin), template: TEMPLATE })
  return async () => {
    await stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Only plain values travel to the test processes. */
function login({ host, user, database }: DatabaseAddress): {
  host: string
  user: string
  database: string
} {
  return { host: String(host), user: String(user), database: String(database) }
}
