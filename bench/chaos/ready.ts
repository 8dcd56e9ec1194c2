import pg from 'pg'

import { connectionConfig, type DatabaseAddress } from '../../src/store/pool.ts'
import { until } from '../lib/until.ts'
import type { Courier } from './courier.ts'
import type { Replica } from './replicas.ts'

/** For looking and for turning the clock; it outlives its server. */
export function connect(owner: DatabaseAddress): pg.Pool {
  const client = new pg.Pool({ ...connectionConfig(owner), max: 4 })
  // Whoever uses it gets the error; one that comes between must not end us.
  client.on('error', () => undefined)
  return client
}

/** Its database is there, and it takes durable work. */
export async function isPrepared(replica: Replica): Promise<void> {
  const { url } = await replica.ready()
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/readyz`)).ok
  await until('a replica is ready', 30_000, isReady)
}

/** All run, and nothing more comes. */
export async function calm(courier: Courier, replicas: readonly Replica[]): Promise<void> {
  await Promise.all(replicas.map((one) => one.ready()))
  await courier.rest()
}
