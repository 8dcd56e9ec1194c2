import { describe, expect, it } from 'vitest'

import { QUEUE_FORMS } from '../../../../src/domain/command-forms.ts'
import { OperatorError } from '../../../../src/domain/errors.ts'
import type { QueueLine, StatusView } from '../../../../src/domain/views.ts'
import { renderIncidentHelp, renderQueueHelp } from '../../../../src/slack/render/help.ts'
import { renderIncidentList, renderIncidentStatus } from '../../../../src/slack/render/incidents.ts'
import { renderFault, renderProblem } from '../../../../src/slack/render/problem.ts'
import { renderQueueList } from '../../../../src/slack/render/queue-list.ts'
import { renderStatus } from '../../../../src/slack/render/queue-status.ts'
import {
  aCounts,
  ago,
  aHeadline,
  aHealth,
  anIncident,
  anOverview,
  aRule,
  LOCALE,
  NOW,
  readable,
} from './builders.ts'

const calm = { counts: aCounts({ waiting: 3, failed: 0 }), oldestWaitingAt: ago(1) }
const aLine = (over: Partial<QueueLine> = {}): QueueLine => ({
  overview: anOverview(),
  rule: aRule(),
  holds: [],
  throttles: [],
  ...over,
})
const aCluster = {
  key: 'a1b2c3d4',
  type: 'whatsapp.send',
  shape: 'connect ETIMEDOUT {host}',
  frame: null,
  count: 300,
  firstFailedAt: ago(60),
  lastFailedAt: ago(1),
  attempts: { fewest: 3, most: 3 },
  sample: null,
}

describe('the list of queues', () => {
  const aList = (lines: readonly QueueLine[], over = {}) =>
    renderQueueList(
      {
        lines,
        matched: lines.length,
        filter: null,
        health: [aHealth()],
        problems: [],
        searching: [],
        at: NOW,
        ...over,
      },
      LOCALE,
    )

  it('marks alarming and paused queues and counts the alarming ones', () => {
    const rendered = aList([
      aLine({ rule: aRule({ tier: 'critical' }) }),
      aLine({ overview: anOverview({ ...calm, isPaused: true }) }),
      aLine({ overview: anOverview(calm) }),
    ])
    expect(rendered.text).toBe('3 queues, 1 alarming')
    const text = readable(rendered)
    expect(text).toContain(':small_red_triangle: `sales/email:send` critical')
    expect(text).toContain('3 waiting · 0 failed · oldest job 1 min · paused')
    expect(text).toContain('• `sales/email:send`')
  })

  it('names quiet queues in one line, so that a phone shows what matters', () => {
    const counts = {
      ...anOverview().counts,
      waiting: 0,
      prioritized: 0,
      paused: 0,
      active: 0,
      failed: 0,
    }
    const quiet = anOverview({ counts, isPaused: false, oldestWaitingAt: null, stranded: 0 })
    const text = readable(
      aList([
        aLine({ overview: anOverview(calm) }),
        aLine({ overview: quiet }),
        aLine({ overview: quiet }),
      ]),
    )
    expect(text).toContain('Quiet, nothing waiting or failed: `email:send` `email:send`')
    expect(text.match(/waiting ·/g)).toHaveLength(1)
  })

  it('shows twenty and says how many more there are', () => {
    const lines = Array.from({ length: 313 }, () => aLine({ overview: anOverview(calm) }))
    const text = readable(aList(lines))
    expect(text.match(/`sales\/email:send`/g)).toHaveLength(20)
    expect(text).toContain('and 293 more; narrow it with `/queue list some*`')
  })

  it('names the filter that matched nothing, and the system that did not answer', () => {
    const rendered = aList([], {
      filter: 'sales/*',
      problems: ['`sales` did not answer in 2 s.'],
      health: [],
    })
    expect(rendered.text).toBe('No queue matches `sales/*`')
    expect(readable(rendered)).toContain(':warning: `sales` did not answer in 2 s.')
  })

  it('warns of a Redis that is nearly full or may throw jobs away', () => {
    const health = [aHealth({ usedMemoryBytes: 3.8 * 1024 ** 3, maxMemoryPolicy: 'allkeys-lru' })]
    const text = readable(aList([], { health }))
    expect(text).toContain(':warning: memory 3.8 GB of 4.0 GB (95 %)')
    expect(text).toContain(':warning: policy allkeys-lru can delete jobs')
    expect(
      readable(aList([], { health: [aHealth({ usedMemoryBytes: null, pingMs: null })] })),
    ).not.toMatch(/memory|ping/)
  })
})

describe('the status of a queue', () => {
  const aStatus = (over: Partial<StatusView> = {}): StatusView => ({
    line: aLine(),
    detail: {
      overview: anOverview({ counts: aCounts({ prioritized: 200, completed: 9000 }) }),
      waitingTypes: {
        items: [{ type: 'whatsapp.send', count: 800 }],
        looked: 1000,
        total: 12_545,
        isExact: false,
      },
      failures: { items: [aCluster], looked: 610, total: 610, isExact: true },
    },
    nearest: null,
    hazards: [],
    health: aHealth(),
    incident: anIncident(),
    tokens: { pause: 'p', failed: 'f' },
    at: NOW,
    ...over,
  })

  it('shows numbers, what waits, what fails, and what they rest on', () => {
    const rendered = renderStatus(aStatus(), LOCALE)
    expect(rendered.text).toBe('`sales/email:send`: 12,545 waiting, 610 failed')
    const text = readable(rendered)
    expect(text).toContain('*What waits* (from a sample: 1,000 of 12,545 waiting jobs looked at)')
    expect(text).toContain('`whatsapp.send` 800 (80 %)')
    expect(text).toContain(
      '*300×* (49 %) `connect ETIMEDOUT {host}` · `whatsapp.send` · last 1 min ago',
    )
    expect(text).toContain('200 of them prioritized · 9,000 completed')
    expect(text).toContain('Incident 7 SEV2 (triage) <#C0ROOM>')
    expect(text).toContain('sales: version 7.2.4 · ping 1 ms · memory 1.5 GB of 4.0 GB (38 %)')
    expect(text).toContain('[Pause…]\n[Failed jobs]')
  })

  it('calls stranded jobs by their name', () => {
    const overview = anOverview({ stranded: 41 })
    const { detail } = aStatus()
    const text = readable(renderStatus(aStatus({ detail: { ...detail, overview } }), LOCALE))
    expect(text).toContain('*41 jobs stranded*: no worker takes them')
  })

  it('says when the system does not answer, and why', () => {
    const health = aHealth({ isReachable: false, problem: 'connection refused' })
    expect(readable(renderStatus(aStatus({ health }), LOCALE))).toContain(
      ':warning: *sales* does not answer: connection refused',
    )
  })
})

describe('incidents', () => {
  const aList = { incidents: [], isIncludingResolved: true, unreadable: [], at: NOW } as const

  it('come with what could not be read, and why', () => {
    const one = { id: 'd1', source: 'json', receivedAt: ago(2), problem: 'The body is not JSON.' }
    expect(readable(renderIncidentList({ ...aList, unreadable: [one] }, LOCALE))).toContain(
      '14:00 json: The body is not JSON. (delivery d1)',
    )
  })

  it('are listed with number, state, lead and room', () => {
    const incidents = [
      anIncident(),
      anIncident({ id: 8, lead: 'U0ANA', state: 'resolved', resolvedAt: NOW }),
    ]
    const rendered = renderIncidentList({ ...aList, incidents }, LOCALE)
    expect(rendered.text).toBe('1 open incident')
    expect(readable(rendered)).toContain('triage · 32 min · *nobody leads yet* · <#C0ROOM>')
    expect(readable(rendered)).toContain(':white_check_mark: *8*')
  })

  it('show their timeline in order, oldest first', () => {
    const entry = (minutes: number, words: string) =>
      ({ incidentId: 7, at: ago(minutes), kind: 'note', actor: 'U0ANA', words }) as const
    const timeline = [entry(1, 'second'), entry(60 * 24, 'first')]
    const text = readable(renderIncidentStatus({ headline: aHeadline(), timeline }, LOCALE))
    expect(text).toContain('*Timeline*\nSat 14:02 <@U0ANA> first\n14:01 <@U0ANA> second')
  })
})

describe('help and problems', () => {
  it('uses the names that the commands have here', () => {
    const locale = { ...LOCALE, commands: { queue: '/q', incident: '/inc' } }
    expect(readable(renderQueueHelp(locale))).toContain('`/q pause [queue|glob|tier:low] [for 30m')
    expect(readable(renderIncidentHelp(locale))).toContain('`/inc ack [number]`')
  })

  it('leaves no command out, however many there are', () => {
    const shown = readable(renderQueueHelp(LOCALE))
    for (const { verb } of QUEUE_FORMS) expect(shown).toMatch(new RegExp(`/queue ${verb}[ \`]`))
  })

  it('says what happened, then what is still true and what to do', () => {
    const error = new OperatorError(
      'unknown_queue',
      'No queue `emial`; did you mean `email`?',
      'Nothing was changed.',
    )
    const rendered = renderProblem(error)
    expect(rendered.text).toBe('No queue `emial`; did you mean `email`?')
    expect(readable(rendered)).toBe(
      ':warning: No queue `emial`; did you mean `email`?\nNothing was changed.',
    )
  })

  it('gives the reference of a fault, and does not claim that nothing happened', () => {
    const text = readable(renderFault('abc123'))
    expect(text).toContain('`abc123`')
    expect(text).toContain('not known')
  })
})
