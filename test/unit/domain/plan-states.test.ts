import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { PlanState } from '../../../src/domain/action.ts'
import {
  edgeOf,
  FINAL_STATES,
  mayBegin,
  PLAN_TRANSITIONS,
  type PlanEvent,
} from '../../../src/domain/plan-states.ts'

const EVENTS = [...new Set(PLAN_TRANSITIONS.map(({ event }) => event))]
const STATES = [...new Set(PLAN_TRANSITIONS.flatMap(({ from, to }) => [from, to]))]

describe('the life of a plan', () => {
  it('has no way out of its end, and an end in reach of every state', () => {
    for (const state of FINAL_STATES)
      expect(PLAN_TRANSITIONS.filter(({ from }) => from === state)).toEqual([])
    for (const state of STATES) expect(reachable(state).some(isFinal)).toBe(true)
  })

  it('writes down every step that a person takes, and every end', () => {
    const silent = PLAN_TRANSITIONS.filter(({ audit }) => audit === null)
    expect([...new Set(silent.map(({ event }) => event))].toSorted()).toEqual(['begin', 'put_off'])
    expect(
      PLAN_TRANSITIONS.filter(({ to }) => isFinal(to)).every(({ audit }) => audit !== null),
    ).toBe(true)
  })

  it('leads from one state by one event to one state', () => {
    const keys = PLAN_TRANSITIONS.map(({ from, event }) => `${from} ${event}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('passes through a confirmation on every way to an execution', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 12 }), (events) => {
        const history = follow(events)
        const began = history.indexOf('executing')
        if (began === -1) return
        expect(history.slice(0, began)).toContain('confirmed')
        // Whoever was asked is never passed over: out of a request leads only other people's word.
        const asked = history.indexOf('requested')
        const wasAsked = asked !== -1 && asked < began
        expect(wasAsked ? history[asked + 1] : 'confirmed').toBe('confirmed')
      }),
    )
  })
})

describe('what an execution demands', () => {
  const tiers = fc.constantFrom('T0' as const, 'T1' as const, 'T2' as const, 'T3' as const)

  it('is, for T3, as many other people as policy says, and at least one', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), (approvalsNeeded, approvals) => {
        const demand = { isBreakGlass: false, isTimedEnd: false, approvalsNeeded, approvals }
        const may = mayBegin({ tier: 'T3', ...demand })
        expect(may).toBe(approvalsNeeded > 0 && approvals >= approvalsNeeded)
      }),
    )
  })

  it('is nothing for milder ones, for break-glass, and for a timed end', () => {
    fc.assert(
      fc.property(tiers, fc.boolean(), fc.boolean(), (tier, isBreakGlass, isTimedEnd) => {
        const demand = { tier, isBreakGlass, isTimedEnd, approvalsNeeded: 1, approvals: 0 }
        expect(mayBegin(demand)).toBe(tier !== 'T3' || isBreakGlass || isTimedEnd)
      }),
    )
  })
})

const isFinal = (state: PlanState): boolean => FINAL_STATES.includes(state)

/** The states that events lead through; an event that cannot happen changes nothing. */
function follow(events: readonly PlanEvent[]): readonly PlanState[] {
  const history: PlanState[] = ['planned']
  for (const event of events) {
    const { from, to } = edgeOf(event)
    if (from.includes(history.at(-1) ?? 'planned')) history.push(to)
  }
  return history
}

function reachable(from: PlanState, seen: readonly PlanState[] = []): readonly PlanState[] {
  if (seen.includes(from)) return seen
  const nexts = PLAN_TRANSITIONS.filter((row) => row.from === from).map(({ to }) => to)
  return nexts.reduce<readonly PlanState[]>((all, next) => reachable(next, all), [...seen, from])
}
