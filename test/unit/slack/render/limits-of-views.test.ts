import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { OperatorError } from '../../../../src/domain/errors.ts'
import { renderDone } from '../../../../src/slack/render/done.ts'
import { renderHeadline } from '../../../../src/slack/render/headline.ts'
import { renderHeld } from '../../../../src/slack/render/held.ts'
import { renderIncidentHelp, renderQueueHelp } from '../../../../src/slack/render/help.ts'
import { renderIncidentList, renderIncidentStatus } from '../../../../src/slack/render/incidents.ts'
import { renderPending } from '../../../../src/slack/render/pending.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import {
  loadingModal,
  outcomeModal,
  planModal,
  refusedModal,
  workingModal,
} from '../../../../src/slack/render/plan-modal.ts'
import { renderFault, renderProblem } from '../../../../src/slack/render/problem.ts'
import { renderProposal } from '../../../../src/slack/render/proposal.ts'
import { renderQueueList } from '../../../../src/slack/render/queue-list.ts'
import { renderStatus } from '../../../../src/slack/render/queue-status.ts'
import {
  renderAnnouncement,
  renderFreezeNotice,
  renderOpsNotice,
  renderRoomLine,
  renderUnmappedAlert,
} from '../../../../src/slack/render/room.ts'
import * as plans from './arbitrary-plans.ts'
import * as any from './arbitrary.ts'
import { LOCALE, NOW } from './builders.ts'
import { counterexample, faults } from './counterexample.ts'

const at = fc.constant(NOW)

describe('whatever the input, Slack takes it and nobody is pinged by it', () => {
  it('headline', () => {
    expect(counterexample(plans.headline, (view) => renderHeadline(view, LOCALE))).toBeNull()
  })

  it('incident status', () => {
    expect(
      counterexample(
        fc.record({
          headline: plans.headline,
          timeline: any.upTo(
            500,
            fc.record({
              incidentId: fc.constant(7),
              at: any.date,
              kind: fc.constant('note' as const),
              actor: any.maybe(any.hostile),
              words: any.hostile,
            }),
          ),
        }),
        (view) => renderIncidentStatus(view, LOCALE),
      ),
    ).toBeNull()
  })

  it('incident list', () => {
    expect(
      counterexample(
        fc.record({
          incidents: any.upTo(500, any.incident),
          isIncludingResolved: fc.boolean(),
          unreadable: any.upTo(
            5,
            fc.record({
              id: any.hostile,
              source: any.hostile,
              receivedAt: at,
              problem: any.maybe(any.hostile),
            }),
          ),
          at,
        }),
        (view) => renderIncidentList(view, LOCALE),
      ),
    ).toBeNull()
  })

  it('announcement', () => {
    expect(
      counterexample(
        fc.record({
          incident: any.incident,
          firing: any.count,
          lineCount: any.count,
          summary: any.hostile,
        }),
        (view) => renderAnnouncement(view, LOCALE),
      ),
    ).toBeNull()
  })

  it('queue list, up to 313 queues', () => {
    expect(
      counterexample(
        fc.record({
          lines: any.upTo(313, any.queueLine),
          matched: any.count,
          filter: any.maybe(any.hostile),
          health: any.upTo(30, any.health),
          searching: any.upTo(3, any.hostile),
          problems: any.upTo(30, any.hostile),
          at,
        }),
        (view) => renderQueueList(view, LOCALE),
      ),
    ).toBeNull()
  })

  it('status of a queue', () => {
    expect(
      counterexample(
        fc.record({
          line: any.queueLine,
          detail: fc.record({
            overview: any.overview,
            waitingTypes: any.sampled(fc.record({ type: any.hostile, count: any.count })),
            failures: any.sampled(any.cluster),
          }),
          nearest: any.maybe(any.hostile),
          hazards: any.upTo(20, any.hazard),
          health: any.health,
          incident: any.maybe(any.incident),
          tokens: any.tokens,
          at,
        }),
        (view) => renderStatus(view, LOCALE),
      ),
    ).toBeNull()
  })

  it('holds', () => {
    expect(
      counterexample(
        fc.record({
          holds: any.upTo(313, any.hold),
          throttles: any.upTo(313, any.throttled),
          limited: any.upTo(313, any.overview),
          freeze: any.maybe(any.freeze),
          foreign: any.upTo(313, any.ref),
          problems: any.upTo(30, any.hostile),
          tokens: any.tokens,
          at,
        }),
        (view) => renderHeld(view, LOCALE),
      ),
    ).toBeNull()
  })

  it('plan modal, up to 300 queues', () => {
    expect(counterexample(plans.planView, (view) => planModal(view, LOCALE))).toBeNull()
  })

  it("a plan's card, up to 300 queues", () => {
    expect(counterexample(plans.card, (view) => planCard(view, LOCALE))).toBeNull()
  })

  it('modal with what became of a plan', () => {
    expect(counterexample(plans.card, (view) => outcomeModal(view, LOCALE, []))).toBeNull()
  })

  it('what waits for somebody', () => {
    const pending = fc.record({
      requested: any.upTo(20, plans.card),
      unsigned: any.upTo(20, plans.card),
      at,
    })
    expect(counterexample(pending, (view) => renderPending(view, LOCALE))).toBeNull()
  })

  it('lines in a room', () => {
    const line = fc.record({
      icon: fc.constantFrom('alert', 'check', 'stop', 'go', 'vault', 'hand', 'warning', 'info'),
      words: any.hostile,
      mention: any.upTo(100, any.hostile),
    })
    expect(counterexample(line, renderRoomLine)).toBeNull()
  })

  it('notices', () => {
    const alert = fc.record({
      kind: fc.constant('unmapped_alert' as const),
      source: any.hostile,
      alertName: any.hostile,
      count: any.count,
      lastSummary: any.hostile,
    })
    const notice = fc.oneof(
      any.freeze.map((freeze) => ({ kind: 'frozen' as const, freeze })),
      any.hostile.map((by) => ({ kind: 'unfrozen' as const, by })),
    )
    expect(counterexample(alert, renderUnmappedAlert)).toBeNull()
    expect(counterexample(any.hostile, renderOpsNotice)).toBeNull()
    expect(counterexample(notice, (view) => renderFreezeNotice(view, LOCALE, NOW))).toBeNull()
  })

  it('a short yes and the way to a modal', () => {
    const proposal = fc.record({
      action: fc.constant('pause' as const),
      scope: any.hostile,
      refs: any.upTo(300, any.ref),
      token: fc.constant('token'),
    })
    const words = fc.tuple(any.hostile, any.upTo(5, any.hostile))
    expect(counterexample(proposal, renderProposal)).toBeNull()
    expect(counterexample(words, ([yes, notes]) => renderDone(yes, ...notes))).toBeNull()
  })

  it('refusals and faults', () => {
    const error = fc
      .tuple(any.hostile, any.hostile)
      .map(([happened, advice]) => new OperatorError('busy', happened, advice))
    expect(counterexample(error, renderProblem)).toBeNull()
    expect(counterexample(error, (refusal) => refusedModal(null, refusal))).toBeNull()
    expect(counterexample(any.hostile, renderFault)).toBeNull()
  })

  it('help and the loading modal', () => {
    const locale = any.hostile.map((word) => ({
      ...LOCALE,
      commands: { queue: word, incident: word },
    }))
    expect(counterexample(locale, renderQueueHelp)).toBeNull()
    expect(counterexample(locale, renderIncidentHelp)).toBeNull()
    for (const action of ['pause', 'resume'] as const) {
      expect(faults(loadingModal(action))).toEqual([])
      expect(counterexample(any.upTo(3, any.hostile), (where) => workingModal(action, where))).toBe(
        null,
      )
    }
  })
})
