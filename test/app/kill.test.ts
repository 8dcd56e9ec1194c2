import { describe, expect, it, onTestFinished } from 'vitest'

import { chaos } from '../../bench/chaos/run.ts'
import { freshDatabase } from '../helpers/postgres.ts'

describe('kill -9', () => {
  it('loses, repeats and hides nothing over 12 deaths at random instants', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const seed = Date.now() % 1_000_000
    const { found, jobs, executions, ...counted } = await chaos({
      runs: 12,
      seed,
      isQuick: true,
      owner: database.owner,
    })
    const { lost, repeated, unaudited, unapproved, stuck } = counted
    expect({ seed, found, lost, repeated, unaudited, unapproved, stuck }).toEqual({
      seed,
      found: [],
      lost: 0,
      repeated: 0,
      unaudited: 0,
      unapproved: 0,
      stuck: 0,
    })
    expect(executions).toBeGreaterThan(0)
    expect(jobs).toBeGreaterThan(100)
  }, 180_000)
})
