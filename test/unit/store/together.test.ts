import { expect, it } from 'vitest'

import { storeTogether } from '../../../src/store/together.ts'
import { gate } from '../../helpers/eventually.ts'

it('stores what comes during a commit in the next one, at most so many at once', async () => {
  const first = gate()
  const commits: string[][] = []
  const store = storeTogether<string>(async (items) => {
    commits.push([...items])
    await first.opened
  }, 2)
  const all = Promise.all(['a', 'b', 'c', 'd'].map(store))
  first.open()
  await all
  expect(commits).toEqual([['a'], ['b', 'c'], ['d']])
})

it('refuses only what cannot be stored, not what came with it', async () => {
  const kept: string[] = []
  const store = storeTogether<string>(async (items) => {
    if (items.includes('bad')) throw new Error('not this one')
    kept.push(...items)
    await Promise.resolve()
  }, 10)
  const settled = await Promise.allSettled(['a', 'bad', 'b'].map(store))
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(kept).toEqual(['a', 'b'])
})
