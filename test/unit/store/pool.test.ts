import { describe, expect, it } from 'vitest'

import {
  addressOf,
  connectionConfig,
  isUnreachable,
  reachingDatabase,
} from '../../../src/store/pool.ts'

describe('a database address', () => {
  it('keeps our search path and role beside the options of its URL', () => {
    const address = addressOf(
      'postgres://bot:pw@db:5433/spillway?sslmode=require&options=-c%20jit%3Doff',
    )
    const config = connectionConfig(address, 'spillway_app')
    expect(config.options).toMatch(
      /^-c search_path=spillway -c tcp_keepalives_idle=.* -c role=spillway_app -c jit=off$/,
    )
    expect(config.connectionString).toBe('postgres://bot:pw@db:5433/spillway?sslmode=require')
  })
})

describe('an error of the database', () => {
  const failing = (error: unknown) => async (): Promise<never> => {
    throw error
  }
  const coded = (code: string): Error => Object.assign(new Error('x'), { code })

  it.each([
    coded('ECONNREFUSED'),
    coded('ENOENT'),
    coded('57P01'),
    coded('08006'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new AggregateError([coded('ECONNREFUSED')]),
  ])('is told as "PostgreSQL is away": %s %#', async (error) => {
    expect(isUnreachable(error)).toBe(true)
    await expect(reachingDatabase(failing(error))).rejects.toMatchObject({
      code: 'database_unreachable',
      cause: error,
    })
  })

  it.each([coded('57014'), coded('55P03')])('is busy when it took too long: %s', async (error) => {
    await expect(reachingDatabase(failing(error))).rejects.toMatchObject({
      code: 'busy',
      cause: error,
    })
  })

  it.each([coded('23505'), coded('42501'), new Error('x'), 'x'])(
    'stays what it is when PostgreSQL answered: %s %#',
    async (error) => {
      await expect(reachingDatabase(failing(error))).rejects.toBe(error)
    },
  )
})
