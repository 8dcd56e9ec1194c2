import { onTestFinished } from 'vitest'

import type { ProbeConfig } from '../../../src/config/types.ts'
import type { ProbeReading } from '../../../src/domain/ports/probes.ts'
import { openProbes, type OpenProbes } from '../../../src/probes/probes.ts'
import { createTestClock } from '../../helpers/clock.ts'

export const EMAIL = { system: 'sales', queue: 'email' }
/** Longer than any answer takes that does come. */
const PATIENT_MS = 10_000

export function opened(...configs: readonly ProbeConfig[]): OpenProbes {
  const probes = openProbes(configs, { clock: createTestClock() })
  onTestFinished(() => probes.close())
  return probes
}

/** What one probe says, asked once. */
export async function ask(config: ProbeConfig, withinMs = PATIENT_MS): Promise<ProbeReading> {
  const [reading] = await opened(config).read(EMAIL, withinMs)
  if (reading === undefined) throw new Error('nothing was read')
  return reading
}

const base = { name: 'api', about: 'health', queues: ['*'], withinMs: PATIENT_MS } as const

export const httpProbe = (url: string, more: object = {}): ProbeConfig => ({
  ...base,
  kind: 'http',
  url,
  expect: [200],
  bearer: null,
  ...more,
})

export const actionProbe = (url: string, more: object = {}): ProbeConfig => ({
  ...base,
  kind: 'action',
  name: 'order',
  about: 'end_to_end',
  url,
  method: 'POST',
  body: '{"probe": true}',
  expect: [200, 201],
  bearer: null,
  ...more,
})

export const sqlProbe = (url: string, query: string, more: object = {}): ProbeConfig => ({
  ...base,
  kind: 'sql',
  name: 'orders',
  url,
  query,
  ...more,
})

export const connectionsProbe = (url: string, most: number): ProbeConfig => ({
  ...base,
  kind: 'connections',
  name: 'db',
  url,
  most,
})
