import { describe, expect, it } from 'vitest'

import type { QueueEffect } from '../../../src/domain/effect.ts'
import { isSamePhrase, phraseFor } from '../../../src/domain/phrase.ts'

const destroying = (queue: string): QueueEffect => ({
  ref: { system: 'sales', queue },
  tier: 'low',
  effect: { kind: 'destroy', jobs: 3 },
})
const stopping: QueueEffect = { ...destroying('email'), effect: { kind: 'stop', forMs: 1 } }

describe('the phrase', () => {
  it('is asked for what cannot be taken back, and names it', () => {
    expect(phraseFor('drain', [destroying('email')])).toBe('DRAIN email')
    expect(phraseFor('drain', [destroying('a'), destroying('b')])).toBe('DRAIN 2 queues')
    expect(phraseFor('pause', [stopping])).toBeNull()
  })

  it.each([
    ['DRAIN email', true],
    [' drain  Email ', true],
    ['DRAIN emails', false],
    ['DRAIN', false],
    ['', false],
    [null, false],
  ])('%o is it: %s', (typed, isSame) => {
    expect(isSamePhrase('DRAIN email', typed)).toBe(isSame)
  })
})
