import { expect, it } from 'vitest'

import { tierCases } from '../../../src/domain/tier-cases.ts'

const ref = { system: 'sales', queue: 'email' }

it.each([
  ['pause', 'medium', ['for up to 15 min or for longer: T1', 'without an end: T2']],
  ['pause', 'critical', ['for up to 15 min: T2', 'for longer or without an end: T3']],
  ['resume', 'low', ['within 15 min or later: T2']],
  ['resume', 'critical', ['within 15 min: T2', 'later: T3']],
] as const)('%s of a %s queue', (action, tier, expected) => {
  expect(tierCases(action, ref, tier).map((one) => `${one.when}: ${one.tier}`)).toEqual(expected)
})
