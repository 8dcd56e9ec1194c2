import { describe, expect, it } from 'vitest'

import { serve } from './http-server.ts'
import { EMAIL, httpProbe, opened } from './opened.ts'

describe('probes of a queue', () => {
  it('are those whose globs fit it, in the order of the configuration', async () => {
    const url = await serve((_request, response) => response.end())
    const probes = opened(
      httpProbe(url, { name: 'mail', queues: ['sales/email*'] }),
      httpProbe(url, { name: 'pay', queues: ['sales/payment:*'] }),
      httpProbe(url, { name: 'all', queues: ['other/*', '*'], about: 'external' }),
    )
    expect(probes.of(EMAIL)).toEqual([
      { name: 'mail', kind: 'http', about: 'health' },
      { name: 'all', kind: 'http', about: 'external' },
    ])
    const read = await probes.read({ system: 'sales', queue: 'payment:capture' }, 10_000)
    expect(read.map(({ name }) => name)).toEqual(['pay', 'all'])
  })

  it('are asked once by all who ask at the same time', async () => {
    let times = 0
    const url = await serve((_request, response) => {
      times += 1
      setImmediate(() => response.end())
    })
    const probes = opened(httpProbe(url))
    const readings = await Promise.all([1, 2, 3].map(() => probes.read(EMAIL, 10_000)))
    expect(readings.flat().map(({ state }) => state)).toEqual(['well', 'well', 'well'])
    expect(times).toBe(1)
  })

  it('keep nobody waiting for longer than they said, also who joins a patient one', async () => {
    let answer = (): void => undefined
    const url = await serve((_request, response) => {
      answer = () => void response.end()
    })
    const probes = opened(httpProbe(url))
    const patient = probes.read(EMAIL, 10_000)
    expect(await probes.read(EMAIL, 100)).toMatchObject([
      { state: 'unknown', words: 'no answer in 100 ms' },
    ])
    answer()
    expect(await patient).toMatchObject([{ state: 'well' }])
  })
})
