import { expect, it } from 'vitest'

import { startDiscovery } from '../../../../src/queues/bullmq/discovery.ts'
import { eventually } from '../../../helpers/eventually.ts'
import { silentLog } from '../../../helpers/silent-log.ts'

const config = {
  kind: 'bullmq' as const,
  name: 'sales',
  url: 'redis://127.0.0.1:1',
  prefix: 'bull',
  queues: ['configured'],
  scanPauseMs: null,
  majors: null,
}

const nobody = {
  run: () => Promise.reject(new Error('no scan was asked for')),
  close: async () => {},
}

it('learns the queues of connected workers without being asked, and keeps them when those are gone', async () => {
  let names = ['mail']
  const seen = () => Promise.resolve(new Map(names.map((name) => [name, { all: 1, v4: 0 }])))
  const discovery = startDiscovery(
    config,
    nobody,
    { recent: seen, lately: seen, now: seen },
    silentLog,
  )
  expect(discovery.isSearched()).toBe(true)
  await eventually('the worker was seen', () => discovery.known().includes('mail'))
  names = []
  await discovery.now()
  expect(discovery.known()).toEqual(['configured', 'mail'])
  await discovery.stop()
})
