import { describe, expect, it } from 'vitest'

import { alertQueue, alertSeverity, type LabelMapping } from '../../../src/domain/alert.ts'
import { stateAfterAlerts } from '../../../src/domain/incident.ts'

const mapping: LabelMapping = {
  queueLabels: ['queue', 'queue_name'],
  systemLabels: ['system'],
  defaultSystem: null,
  severityLabel: 'severity',
  severities: { critical: 'SEV1', warning: 'SEV3' },
}
const known = new Map([
  ['sales', ['email:send', 'shared']],
  ['etl', ['import', 'shared']],
])

describe('the queue of an alert', () => {
  it.each([
    [{ queue: 'import' }, { system: 'etl', queue: 'import' }],
    [{ queue_name: 'email:send' }, { system: 'sales', queue: 'email:send' }],
    [
      { queue: 'shared', system: 'etl' },
      { system: 'etl', queue: 'shared' },
    ],
    [{ queue: 'shared' }, null],
    [{ queue: 'nowhere' }, null],
    [{ instance: 'w1' }, null],
  ])('%j means %j', (labels, ref) => {
    expect(alertQueue({ labels }, mapping, known)).toEqual(ref)
  })

  it('falls back to the default system, also for a queue nobody has seen', () => {
    const withDefault = { ...mapping, defaultSystem: 'sales' }
    expect(alertQueue({ labels: { queue: 'new' } }, withDefault, known)).toEqual({
      system: 'sales',
      queue: 'new',
    })
  })
})

it('an unknown severity word neither pages nor hides', () => {
  expect(alertSeverity({ labels: { severity: 'Critical' } }, mapping)).toBe('SEV1')
  expect(alertSeverity({ labels: { severity: 'purple' } }, mapping)).toBe('SEV3')
  expect(alertSeverity({ labels: {} }, mapping)).toBe('SEV3')
})

describe('the state of an incident after its alerts changed', () => {
  it.each([
    ['triage', 0, false, 'mitigated'],
    ['open', 0, true, 'mitigated'],
    ['mitigated', 1, true, 'open'],
    ['mitigated', 1, false, 'triage'],
    ['resolved', 1, true, 'open'],
    ['resolved', 0, true, 'resolved'],
    ['open', 3, true, 'open'],
  ] as const)('%s with %i firing (acknowledged: %s) becomes %s', (state, firing, acked, next) => {
    expect(stateAfterAlerts(state, firing, acked)).toBe(next)
  })
})
