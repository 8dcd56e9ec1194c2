import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { createMetrics } from '../../../src/http/metrics.ts'

it('docs/operations.md names every metric of ours, and no other', async () => {
  const docs = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const documented = [...docs.matchAll(/^\| `(spillway_\w+)`/gm)].map(([, name]) => name)
  const all = (await createMetrics().registry.getMetricsAsJSON()).map(({ name }) => name)
  const ours = all.filter((name) => !/^spillway_(process|nodejs)_/.test(name))
  expect(new Set(documented)).toEqual(new Set(ours))
})
