import { describe, expect, it } from 'vitest'

import type { VaultSet } from '../../../../src/domain/vault.ts'
import type { VaultSetView } from '../../../../src/domain/views-jobs.ts'
import { renderVault, renderVaultSet } from '../../../../src/slack/render/vault.ts'
import * as any from './arbitrary-jobs.ts'
import { ago, ahead, EMAIL, LOCALE, NOW, readable } from './builders.ts'
import { counterexample } from './counterexample.ts'

const DAY = 24 * 60

const aSet = (over: Partial<VaultSet> = {}): VaultSet => ({
  id: 'set-7',
  number: 7,
  planId: 'plan-1',
  ref: EMAIL,
  tier: 'high',
  incidentId: null,
  owner: { teamId: 'T1', userId: 'U0ANA' },
  label: 'error:#a1b2c3d4 data.customer.name=hunter2',
  reason: 'provider *down*',
  madeAt: ago(DAY),
  keptUntil: ahead(89 * DAY),
  counts: {
    copied: 0,
    held: 1310,
    releasing: 0,
    released: 40,
    discarded: 0,
    expired: 0,
    forgotten: 0,
  },
  sizeBytes: 2 * 1024 ** 2,
  oldestAt: ago(2 * DAY),
  ...over,
})

describe('the vault', () => {
  const all = { ref: null, isCut: false, at: NOW } as const

  it('lists sets with number, queue, size, age, owner, why and until when', () => {
    const totals = { held: 1310, sizeBytes: 2 * 1024 ** 2, sets: 1 }
    const rendered = renderVault({ ...all, sets: [aSet()], totals }, LOCALE)
    expect(rendered.text).toBe('The vault holds 1,310 jobs in 1 set, 2 MB')
    const text = readable(rendered)
    expect(text).toContain('*v7* `sales/email:send` · *1,310 jobs* held · 2 MB · oldest 2 d')
    expect(text).toContain('by <@U0ANA> Sat 14:02 “provider ∗down∗” · kept until 6 Jun 14:02')
    expect(text).toContain('`/queue vault v7`')
    expect(text).toContain('`error:#a1b2c3d4 data.customer.name="[redacted]"`')
    expect(text).not.toContain('hunter2')
  })

  it('says how to find sets that it does not show, whether or not a queue was named', () => {
    const sets = Array.from({ length: 9 }, () => aSet())
    const totals = { held: 9, sizeBytes: 9, sets: 9 }
    const of = (ref: typeof EMAIL | null): string =>
      readable(renderVault({ ...all, ref, sets, totals }, LOCALE))
    expect(of(null)).toContain('the newest 8 are shown; name a queue for the others')
    expect(of(EMAIL)).toContain('the newest 8 are shown; others by their number')
  })

  it('says that it holds nothing, and how jobs come there', () => {
    const totals = { held: 0, sizeBytes: 0, sets: 0 }
    const rendered = renderVault({ ...all, ref: EMAIL, sets: [], totals }, LOCALE)
    expect(rendered.text).toBe('The vault holds nothing from `sales/email:send`')
    expect(readable(rendered)).toContain('`quarantine`')
  })
})

describe('one set of the vault', () => {
  const aView = (over: Partial<VaultSetView> = {}): VaultSetView => ({
    set: aSet(),
    shares: [
      { type: 'email.send', shape: 'HTTP 503', count: 1300, lastFailedAt: ago(DAY) },
      { type: 'email.send', shape: null, count: 10, lastFailedAt: null },
    ],
    sample: [],
    exits: [
      {
        plan: 43,
        action: 'release',
        by: { teamId: 'T1', userId: 'U0BEN' },
        state: 'released',
        count: 40,
        lastAt: ago(10),
      },
    ],
    tokens: { replay: 'p', release: 'r' },
    at: NOW,
    ...over,
  })

  it('says what it holds, what left it by whose hand, and offers the first ten', () => {
    const rendered = renderVaultSet(aView(), LOCALE)
    expect(rendered.text).toBe('Vault v7: 1,310 jobs of `sales/email:send` held')
    const text = readable(rendered)
    expect(text).toContain('*1,300×* `email.send` `HTTP 503` · last failed 1 d ago')
    expect(text).toContain('*10×* `email.send`')
    expect(text).toContain('40 put back')
    expect(text).toContain('40 jobs put back by <@U0BEN>, Release (plan 43) · 13:52')
    expect(text).toContain('[First 10…]\n[Release…]')
  })
})

describe('whatever the input, Slack takes it and nobody is pinged by it', () => {
  it('the vault', () => {
    expect(counterexample(any.vault, (view) => renderVault(view, LOCALE))).toBeNull()
  })

  it('one set', () => {
    expect(counterexample(any.vaultSet, (view) => renderVaultSet(view, LOCALE))).toBeNull()
  })
})
