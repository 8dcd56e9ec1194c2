import { describe, expect, it } from 'vitest'

import { limitFaults } from '../../../../src/slack/limits.ts'
import { renderHeadline } from '../../../../src/slack/render/headline.ts'
import {
  aCounts,
  ago,
  aHeadline,
  aHold,
  ahead,
  anAlert,
  anIncident,
  anOverview,
  aPlan,
  LOCALE,
  NOW,
  readable,
} from './builders.ts'

const shown = (...args: Parameters<typeof aHeadline>): string =>
  readable(renderHeadline(aHeadline(...args), LOCALE))
const live = (over: Parameters<typeof anOverview>[0]) =>
  ({ isLive: true, value: anOverview(over), at: NOW }) as const

describe('the headline', () => {
  it('tells at a glance what is broken, since when, how bad, who leads and what to do', () => {
    const rendered = renderHeadline(aHeadline(), LOCALE)
    expect(rendered.text).toBe(
      'SEV2 email:send is backing up: 12,345 waiting, 610 failed, 1 firing',
    )
    expect(readable(rendered)).toMatchInlineSnapshot(`
      "SEV2 email:send is backing up
      :red_circle: *\`sales/email:send\`* (high)
      32 min, since 13:30 · 1 alert firing
      *Nobody has it yet*
      :small_red_triangle: *12,345 waiting* (limit 5,000)
      :small_red_triangle: *610 failed* (limit 50)
      :small_red_triangle: *oldest job 42 min* (limit 30 min)
      3 active · 0 delayed · 4 workers
      :point_right: Press *Acknowledge*, so that the others know that you have it.
      [Acknowledge]
      [Pause…]
      [Failed jobs]
      [Status]
      [Resolve]
      *QueueBacklog* since 13:30 · More than 5,000 emails wait · <https://runbooks.example/queue|runbook> · <https://prometheus.example/graph?a=1&amp;b=2|source>
      Incident 7 · numbers of 14:02:10 UTC"
    `)
    expect(limitFaults(rendered)).toEqual([])
  })

  it('labels an alert with the replay during which it began', () => {
    const alerts = [
      anAlert({ replay: { planNumber: 42, wave: 1 } }),
      anAlert({ status: 'resolved' }),
    ]
    expect(shown({ alerts })).toContain('since 13:30 · during replay plan 42, wave 2 · More than')
    expect(shown({ alerts })).toContain('resolved · More than')
  })

  it('says why there are no numbers, and shows no zero that was not measured', () => {
    const queue = { isLive: false, problem: 'Redis did not answer in 2 s.' } as const
    const text = shown({ queue })
    expect(text).toContain('*No live numbers*: Redis did not answer in 2 s.')
    expect(text).not.toMatch(/\b0 (?:waiting|failed|active|delayed)|workers/)
    expect(renderHeadline(aHeadline({ queue }), LOCALE).text).toContain('no live numbers')
  })

  it('says unknown where a number could not be had', () => {
    const text = shown({ queue: live({ workers: null, oldestWaitingAt: null }) })
    expect(text).toContain('workers unknown')
    expect(text).toContain('oldest job unknown')
  })

  it('marks only what is over its threshold', () => {
    const text = shown({
      queue: live({ counts: aCounts({ waiting: 5000, failed: 51 }), oldestWaitingAt: ago(30) }),
    })
    expect(text).toContain(':small_red_triangle: *51 failed* (limit 50)')
    expect(text).toContain('5,000 waiting · oldest job 30 min')
  })

  it('alarms about missing workers only while work waits', () => {
    expect(shown({ queue: live({ workers: 0 }) })).toContain(':small_red_triangle: *no workers*')
    const idle = shown({ queue: live({ workers: 0, counts: aCounts({ waiting: 0 }) }) })
    expect(idle).not.toContain('*no workers*')
  })

  it('shows who paused it, until when, and whether the pause is proven', () => {
    const queue = live({ isPaused: true })
    expect(shown({ queue, holds: [aHold()] })).toContain(
      'Paused by <@U0ANA> since 13:57, until 14:27 (25 min left) · held · “provider answers 429”',
    )
    const unproven = aHold({ proof: 'set_not_proven', endsAt: null, reason: null })
    expect(shown({ queue, holds: [unproven] })).toContain(
      'until somebody resumes it · set, not yet proven',
    )
    expect(shown({ queue, holds: [aHold({ proof: 'not_held' })] })).toContain('jobs still move')
  })

  it('says when another tool paused it or ended our pause', () => {
    expect(shown({ queue: live({ isPaused: true }) })).toContain('Paused, but not by Spillway')
    expect(shown({ queue: live({}), holds: [aHold()] })).toContain('Its pause is gone')
  })

  it('offers at most five buttons, most important first, the rest in a menu', () => {
    const tokens = {
      unfreeze: 'u',
      resolve: 'r',
      status: 's',
      failed: 'f',
      pause: 'p',
      resume: 'm',
      ack: 'a',
    }
    const { blocks } = renderHeadline(aHeadline({ tokens }), LOCALE)
    const row = blocks.find((block) => block.type === 'actions')
    expect(row?.elements.map((element) => element.type)).toEqual([
      ...Array.from({ length: 5 }, () => 'button'),
      'overflow',
    ])
    expect(row?.elements[0]).toMatchObject({
      action_id: 'spillway:ack',
      value: 'a',
      style: 'primary',
    })
    expect(row?.elements[5]).toMatchObject({ options: [{ value: 'r' }, { value: 'u' }] })
  })

  it('has no buttons and no advice once resolved, even if tokens are left', () => {
    const incident = anIncident({ state: 'resolved', resolvedAt: NOW, resolvedBy: 'U0BEN' })
    const rendered = renderHeadline(aHeadline({ incident, firing: 0 }), LOCALE)
    expect(rendered.blocks.some((block) => block.type === 'actions')).toBe(false)
    expect(readable(rendered)).toContain('Resolved by <@U0BEN> at 14:02')
    expect(readable(rendered)).toContain('lasted 32 min')
    expect(readable(rendered)).not.toContain(':point_right:')
    expect(rendered.text).toBe('SEV2 resolved: email:send is backing up')
  })

  it('shows the freeze above everything', () => {
    const freeze = {
      by: { teamId: 'T1', userId: 'U0BEN' },
      at: ago(60 * 24),
      reason: 'audit',
    }
    const [first] = shown({ freeze }).split('\n')
    expect(first).toContain('*Frozen* by <@U0BEN> since Sat 14:02: “audit”')
    const led = anIncident({ lead: 'U0ANA', ackedAt: NOW })
    expect(shown({ freeze, incident: led })).not.toMatch(/point_right.*\*(?:Pause|Resume)\*/)
  })

  it('lists the lines of a storm and counts what does not fit', () => {
    const lines = Array.from({ length: 22 }, (_, index) =>
      anIncident({ id: index, ref: { system: 'sales', queue: `q${index}` } }),
    )
    const text = shown({
      incident: anIncident({ kind: 'storm', ref: null, title: 'Alert storm' }),
      queue: null,
      rule: null,
      lines,
    })
    expect(text).toContain('*22 incidents* that came too fast for a room each:')
    expect(text).toContain('`sales/q9`')
    expect(text).not.toContain('`sales/q10`')
    expect(text).toContain('and 12 more')
  })

  it('shows the steps of the room that failed, and no others', () => {
    const steps = [
      { incidentId: 7, step: 'create', state: 'done', attempts: 1, problem: null },
      {
        incidentId: 7,
        step: 'invite',
        state: 'failed',
        attempts: 2,
        problem: 'user_is_restricted',
      },
    ] as const
    const text = shown({ steps })
    expect(text).toContain('Failed: inviting people (user_is_restricted). It is tried again.')
    expect(text).not.toContain('opening the room')
  })

  it('warns of each hazard in a line', () => {
    const hazards = [
      { code: 'foreign_resume', explanation: 'A BullMQ 4 resume can strand jobs.' },
    ] as const
    expect(shown({ hazards })).toContain(':warning: A BullMQ 4 resume can strand jobs.')
  })

  it.each([
    [{}, 'Acknowledge'],
    [{ lead: 'U0ANA', ackedAt: NOW }, 'Failed jobs'],
    [{ lead: 'U0ANA', ackedAt: NOW, state: 'mitigated' }, 'Resolve'],
  ] as const)('gives the next step for %o', (incident, word) => {
    const counts = aCounts('state' in incident ? { failed: 0 } : {})
    const step = shown({ incident: anIncident(incident), queue: live({ counts }) })
      .split('\n')
      .find((line) => line.startsWith(':point_right:'))
    expect(step).toContain(word)
  })

  it('sends nobody to the pause button when workers are missing', () => {
    const incident = anIncident({ lead: 'U0ANA', ackedAt: NOW })
    expect(shown({ incident, queue: live({ workers: 0 }) })).toContain('A pause would not help')
  })

  it('links runbook and source, but nothing that is no web address', () => {
    const alert = (runbook: string) => ({
      ...aHeadline().alerts[0],
      annotations: { runbook_url: runbook },
    })
    const good = aHeadline().alerts
    expect(shown({ alerts: good })).toContain(
      '<https://prometheus.example/graph?a=1&amp;b=2|source>',
    )
    const bad = [{ ...good[0], ...alert('javascript:alert(1)') }] as unknown as typeof good
    expect(shown({ alerts: bad })).not.toContain('javascript')
  })

  it('names a hold that ends on another day by that day', () => {
    const hold = aHold({ endsAt: ahead(60 * 20) })
    expect(shown({ queue: live({ isPaused: true }), holds: [hold] })).toContain('until Mon 10:02')
  })

  it('shows no numbers of a queue that does not exist, and names the one that was meant', () => {
    const queue = { isLive: true, value: anOverview({ isKnown: false }), at: NOW } as const
    const rendered = renderHeadline(aHeadline({ queue, nearest: 'email:sent' }), LOCALE)
    expect(readable(rendered)).toMatch(/No such queue is known.*Did you mean `email:sent`/)
    expect(readable(rendered)).not.toMatch(/waiting|12,345/)
    expect(rendered.text).toContain('no such queue')
  })

  it('shows what waits for approval until it is over, and sends people to it', () => {
    const plan = aPlan({ state: 'requested', expiresAt: ahead(30) })
    const text = shown({
      incident: anIncident({ lead: 'U0ANA', ackedAt: ago(3) }),
      pending: [plan, plan, plan, plan, plan],
    })
    expect(text).toContain(
      ':raised_hand: Waits for approval: Pause of `sales/email:send` for 30 min by <@U0ANA>, until 14:32',
    )
    expect(text.match(/:raised_hand:/g)).toHaveLength(3)
    expect(text).toContain('and 2 more')
    expect(text).toContain(':point_right: Judge what waits for approval')
    expect(shown({ pending: [plan], incident: anIncident({ state: 'resolved' }) })).not.toContain(
      ':raised_hand:',
    )
  })
})
