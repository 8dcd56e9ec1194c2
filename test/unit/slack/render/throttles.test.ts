import { expect, it } from 'vitest'

import type { Throttle } from '../../../../src/domain/throttle.ts'
import { renderHeadline } from '../../../../src/slack/render/headline.ts'
import { throttleLines } from '../../../../src/slack/render/holds.ts'
import { previewLines } from '../../../../src/slack/render/plan-preview.ts'
import { renderQueueList } from '../../../../src/slack/render/queue-list.ts'
import {
  aHeadline,
  anOverview,
  aPlan,
  aPlannedQueue,
  aRule,
  aThrottle,
  LOCALE,
  NOW,
  readable,
} from './builders.ts'

const throttle: Throttle = { rate: { max: 20, durationMs: 60_000 }, concurrency: null }
const limited = anOverview({ throttle })
const lines = (...[overview, throttles]: Partial<Parameters<typeof throttleLines>>) =>
  throttleLines(overview ?? null, throttles ?? [], 'UTC', NOW).join('\n')

it('says to what a queue is throttled, by whom, until when, and whether workers keep to it', () => {
  expect(lines(limited, [aThrottle()])).toBe(
    ':turtle: Throttled to 20/min by <@U0ANA> since 13:57, until 14:27 (25 min left) · workers wait for it · “provider answers 429”',
  )
})

it('says so if others have changed the limits, or have set them', () => {
  const other = anOverview({ throttle: { ...throttle, concurrency: 1 } })
  expect(lines(other, [aThrottle()])).toMatch(/limits are others now\*: 20\/min and 1 at once/)
  expect(lines(limited, [])).toMatch(/Limited to 20\/min, but not by Spillway/)
  expect(lines(anOverview(), [])).toBe('')
})

it('knows only its own while the system is away', () => {
  expect(lines(null, [aThrottle()])).toMatch(/^:turtle: Throttled to 20\/min/)
})

it('shows it in the headline, and in the list, where a quiet queue is not passed over', () => {
  const headline = aHeadline({
    queue: { isLive: true, value: limited, at: NOW },
    throttles: [aThrottle()],
  })
  expect(readable(renderHeadline(headline, LOCALE))).toMatch(/:turtle: Throttled to 20\/min/)
  const counts = { ...limited.counts, waiting: 0, active: 0, failed: 0 }
  const overview = { ...limited, counts, oldestWaitingAt: null }
  const line = { overview, rule: aRule(), holds: [], throttles: [aThrottle()] }
  const list = {
    lines: [line],
    matched: 1,
    filter: null,
    health: [],
    problems: [],
    searching: [],
    at: NOW,
  }
  expect(readable(renderQueueList(list, LOCALE))).toMatch(/:turtle: .*throttled to 20\/min/s)
})

it('a preview says against which pace its share is', () => {
  const words = (before: typeof limited): string =>
    previewLines(
      aPlan({
        action: 'throttle',
        throttle: { to: throttle, thenMs: null, shares: { 'sales/email': 0.2 } },
        queues: [aPlannedQueue({ before })],
        preview: {
          types: { items: [], looked: 0, total: 0, isExact: true },
          sample: [],
          drain: { ms: 0 },
        },
      }),
    ).join(' ')
  expect(words(anOverview())).toContain('That leaves 20 % of its pace now.')
  expect(words(limited)).toContain('That leaves 20 % of its pace before it was throttled.')
})
