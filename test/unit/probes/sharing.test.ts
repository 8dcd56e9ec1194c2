import { describe, expect, it } from 'vitest'

import { createSharing } from '../../../src/probes/sharing.ts'

describe('sharing', () => {
  const setup = () => {
    let now = 0
    let count = 0
    const share = createSharing<number>(() => now)
    return {
      ask: () => share('api', () => Promise.resolve((count += 1))),
      at: (ms: number) => void (now = ms),
    }
  }

  it('lasts for 2 s', async () => {
    const { ask, at } = setup()
    expect(await ask()).toBe(1)
    at(1999)
    expect(await ask()).toBe(1)
    at(2000)
    expect(await ask()).toBe(2)
  })

  it('lasts for as long as the reading is under way', async () => {
    let now = 0
    const share = createSharing<string>(() => now)
    let answer = (_words: string): void => undefined
    const slow = share('api', () => new Promise((resolve) => void (answer = resolve)))
    now = 9000
    const joined = share('api', () => Promise.resolve('asked again'))
    answer('slow')
    expect(await Promise.all([slow, joined])).toEqual(['slow', 'slow'])
    expect(await share('api', () => Promise.resolve('asked again'))).toBe('asked again')
  })
})
