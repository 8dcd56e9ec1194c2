import { expect, it, vi } from 'vitest'

import { figuresOf } from '../helpers/figures-of.ts'

// Several programs are started: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 })

it('replays jobs whose fault is fixed, is not, and comes back: each verdict is right, each job explained', async () => {
  const sound = { ran_twice: 0, unexplained: 0, found: [] }
  expect(await figuresOf('replay')).toMatchObject({
    bench: 'replay',
    scenarios: [
      { name: 'fixed', verdict: 'promote 4', completed: 400, ...sound },
      {
        name: 'unfixed',
        verdict: 'halt 1',
        before_halt: expect.any(Number),
        left_in_place: 390,
        ...sound,
      },
      {
        name: 'returning',
        verdict: 'halt 3',
        before_halt: expect.any(Number),
        left_in_place: 300,
        ...sound,
      },
    ],
    last_wave: { ours_per_s: expect.any(Number), ratio: expect.any(Number) },
  })
})
