import { expect, it } from 'vitest'

import { searchProgress } from '../../../../src/slack/listeners/search-progress.ts'
import { gate } from '../../../helpers/eventually.ts'

it('a quick search tells nothing; a long one how far it is, never two at once, and is waited for', async () => {
  const told: number[] = []
  const slow = gate()
  let now = 0
  const search = searchProgress(
    async (_action, share) => {
      told.push(share)
      await slow.opened
    },
    () => now,
  )
  const at = (ms: number, share: number): void => {
    now = ms
    search.onProgress('retry', share)
  }
  at(100, 0.1)
  at(2999, 0.2)
  await search.shown()
  expect(told).toEqual([])

  at(3000, 0.3)
  at(9000, 0.4)
  expect(told).toEqual([0.3])
  let isShown = false
  const wait = async (): Promise<void> => {
    await search.shown()
    isShown = true
  }
  const shown = wait()
  await Promise.resolve()
  expect(isShown).toBe(false)
  slow.open()
  await shown

  at(11_000, 0.5)
  expect(told).toEqual([0.3])
  at(12_000, 0.6)
  expect(told).toEqual([0.3, 0.6])
})
