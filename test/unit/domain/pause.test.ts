import { describe, expect, it } from 'vitest'

import {
  libraryMajor,
  pauseHazards,
  pauseStyle,
  type PauseFacts,
} from '../../../src/domain/pause.ts'

const facts = (change: Partial<PauseFacts> = {}): PauseFacts => ({
  isPaused: false,
  waiting: 5,
  aside: 0,
  libraryVersion: 'bullmq:5.79.4',
  majors: null,
  v4Workers: 0,
  ...change,
})

const codes = (change: Partial<PauseFacts>) => pauseHazards(facts(change)).map(({ code }) => code)

it.each([
  ['bullmq:5.79.4', 5],
  ['bullmq-pro:7.1.0', 7],
  ['bullmq:10.0.0', 10],
  ['nonsense', null],
  [null, null],
])('%s is of major %s', (version, major) => {
  expect(libraryMajor(version)).toBe(major)
})

describe('the way of pausing', () => {
  it.each<[string, Partial<PauseFacts>, 'list' | 'flag']>([
    ['version 5', {}, 'list'],
    ['an unknown version', { libraryVersion: null }, 'list'],
    ['version 6', { libraryVersion: 'bullmq:6.7.0' }, 'flag'],
    ['version 6 with a worker of 4', { libraryVersion: 'bullmq:6.7.0', v4Workers: 1 }, 'list'],
    ['version 6 with jobs set aside', { libraryVersion: 'bullmq:6.7.0', aside: 1 }, 'list'],
    ['6 alone configured', { majors: [6] }, 'flag'],
    ['6 and 5 configured', { majors: [5, 6], libraryVersion: 'bullmq:6.7.0' }, 'list'],
  ])('for %s', (_title, change, style) => {
    expect(pauseStyle(facts(change))).toBe(style)
  })
})

describe('hazards', () => {
  it.each<[string, Partial<PauseFacts>, readonly string[]]>([
    ['none of a queue of 5', {}, []],
    ['none of a queue of 5 paused its way', { isPaused: true, waiting: 0, aside: 5 }, []],
    ['none of a queue of 6 paused its way', { isPaused: true, libraryVersion: 'bullmq:6.0.0' }, []],
    ['jobs aside without the flag', { aside: 3 }, ['stranded_jobs']],
    [
      'workers of 4 while jobs wait under a flag',
      { isPaused: true, v4Workers: 1 },
      ['v4_workers_ignore_flag'],
    ],
    [
      'none of workers of 4 when all is aside',
      { isPaused: true, waiting: 0, aside: 5, v4Workers: 1 },
      [],
    ],
    [
      'both lists under the flag',
      { isPaused: true, aside: 2 },
      ['mixed_writers', 'foreign_resume'],
    ],
    [
      'a list pause of a queue that 6 opened',
      { isPaused: true, waiting: 0, aside: 2, libraryVersion: 'bullmq:6.7.0' },
      ['foreign_resume'],
    ],
    ['5 and 6 configured', { majors: [5, 6] }, ['mixed_writers']],
    ['no version at all', { libraryVersion: null }, ['version_unknown']],
  ])('%s', (_title, change, expected) => {
    expect(codes(change)).toEqual(expected)
  })
})
