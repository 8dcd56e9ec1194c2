import { describe, expect, it, onTestFinished } from 'vitest'

import { chaos } from '../../bench/chaos/run.ts'
import { freshDatabase } from '../helpers/postgres.ts'

describe('kill -9', () => {
  it('loses, repeats and hides nothing over 20 deaths at random instants', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const seed = Date.now() % 1_000_000
    const { lost, repeated, unaudited, stuck, jobs, found } = await chaos({
      runs: 20,
      seed,
      owner: database.owner,
    })
    expect({ seed, found, lost, repeated, unaudited, stuck }).toEqual({
      seed,
      found: [],
      lost: 0,
      repeated: 0,
      unaudited: 0,
      stuck: 0,
    })
    expect(jobs).toBeGreaterThan(100)
  }, 180_000)
})
