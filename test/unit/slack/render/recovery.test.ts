import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Check, Recovery } from '../../../../src/domain/recovery.ts'
import {
  loadingProbe,
  probeModal,
  probeOutcome,
  sendingProbe,
} from '../../../../src/slack/render/probe-modal.ts'
import { renderRecovery } from '../../../../src/slack/render/recovery.ts'
import type { RecoveryView } from '../../../../src/usecases/recovery/recovery-view.ts'
import * as any from './arbitrary.ts'
import { ago, anIncident, EMAIL, LOCALE, NOW, readable } from './builders.ts'
import { counterexample, faults } from './counterexample.ts'

const MINUTE_MS = 60_000

const aCheck = (over: Partial<Check> = {}): Check => ({
  name: 'success',
  state: 'good',
  words: '212 of 212 completed (100 %)',
  since: ago(2),
  ...over,
})

const aRecovery = (over: Partial<Recovery> = {}): Recovery => ({
  id: 'r1',
  incidentId: 7,
  refs: [EMAIL],
  planId: null,
  by: { teamId: 'T1', userId: 'U0ANA' },
  state: 'measuring',
  forMs: 15 * MINUTE_MS,
  beganAt: ago(6),
  looks: 40,
  seenAt: NOW,
  goodMs: 5 * MINUTE_MS,
  since: ago(5),
  setback: null,
  isLate: false,
  checks: [aCheck()],
  tracks: [],
  endedAt: null,
  endedBy: null,
  ...over,
})

const aView = (over: Partial<RecoveryView> = {}): RecoveryView => ({
  recovery: aRecovery(),
  incident: anIncident(),
  queues: 1,
  unasked: [],
  inVault: 0,
  tokens: { stop: 'token', probes: [] },
  at: NOW,
  ...over,
})

const shown = (over: Partial<RecoveryView> = {}): string =>
  readable(renderRecovery(aView(over), LOCALE))

describe('the checklist', () => {
  it('shows how far it is, each check with its number, and who began it', () => {
    const text = shown({ inVault: 1310, unasked: ['health', 'external'] })
    expect(text).toContain('▓▓▓▓░░░░░░░░ good for 5 min of 15 min')
    expect(text).toContain(':white_check_mark: *Success share*: 212 of 212 completed (100 %)')
    expect(text).toMatch(/begun by <@U0ANA> at 13:56/)
    expect(text).toContain('1,310 jobs in the vault, not counted as failed')
    expect(text).toContain('no probe is configured for health endpoints and external APIs')
  })

  it('says since when something is bad, and no progress meanwhile', () => {
    const checks = [aCheck({ name: 'failed_left', state: 'bad', words: '12 left' })]
    const text = shown({ recovery: aRecovery({ checks, goodMs: 0 }) })
    expect(text).toContain(':x: *Failed jobs*: 12 left (since 14:00)')
    expect(text).not.toContain('▓')
  })

  it('says why the time began anew, once that is over', () => {
    const setback = { at: ago(5), words: '3 jobs failed just now' }
    expect(shown({ recovery: aRecovery({ setback }) })).toContain(
      'Began anew at 13:57: 3 jobs failed just now',
    )
  })

  it('offers to resolve what recovered, and no more to stop it', () => {
    const recovery = aRecovery({ state: 'recovered', endedAt: NOW })
    const text = JSON.stringify(
      renderRecovery(aView({ recovery, tokens: { resolve: 'token', probes: [] } }), LOCALE),
    )
    expect(text).toContain('spillway:resolve')
    expect(text).not.toContain('spillway:stop')
    expect(text).toContain('Recovered: everything was good for 15 min.')
  })
})

const aName = any.hostile.map((text): Check['name'] => `probe:${text}`)

const view: fc.Arbitrary<RecoveryView> = fc
  .record({
    checks: any.upTo(
      60,
      fc.record({
        name: fc.oneof(fc.constant<Check['name']>('success'), aName),
        about: fc.constantFrom('health' as const, 'external' as const, 'end_to_end' as const),
        state: fc.constantFrom('good' as const, 'bad' as const, 'unknown' as const, 'pending'),
        words: any.hostile,
        since: any.date,
      }),
    ),
    refs: any.upTo(20, fc.record({ system: any.hostile, queue: any.hostile })),
    words: any.hostile,
    state: fc.constantFrom('measuring' as const, 'recovered', 'stopped', 'given_up'),
    probes: any.upTo(9, fc.record({ name: any.hostile, token: fc.constant('token') })),
  })
  .map(({ checks, refs, words, state, probes }) =>
    aView({
      recovery: aRecovery({ checks, refs, state, setback: { at: NOW, words } }),
      tokens: { stop: 'token', resolve: 'other', probes },
    }),
  )

describe('whatever the input, Slack takes it and nobody is pinged by it', () => {
  it('checklist', () => {
    expect(counterexample(view, (one) => renderRecovery(one, LOCALE))).toBeNull()
  })

  it('probe', () => {
    const purpose = fc.record({
      kind: fc.constant('probe' as const),
      recoveryId: fc.constant('r1'),
      probe: any.hostile,
      run: fc.constant(1),
    })
    const queues = any.upTo(20, fc.record({ system: any.hostile, queue: any.hostile }))
    const shownProbe = fc.record({
      purpose,
      where: any.maybe(any.hostile),
      body: any.maybe(any.hostile),
      queues,
    })
    expect(counterexample(shownProbe, (one) => probeModal(one, 'token'))).toBeNull()
    const reading = fc.record({
      name: any.hostile,
      about: fc.constant('end_to_end' as const),
      state: fc.constantFrom('well' as const, 'unwell' as const, 'unknown' as const),
      words: any.hostile,
      at: any.date,
    })
    expect(counterexample(reading, probeOutcome)).toBeNull()
    expect([loadingProbe(), sendingProbe()].flatMap(faults)).toEqual([])
  })
})
