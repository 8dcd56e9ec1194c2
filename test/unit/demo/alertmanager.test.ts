import { describe, expect, it } from 'vitest'

import { dueNotice, webhookBody } from '../../../src/demo/alertmanager.ts'
import { parseBody } from '../../../src/http/alerts/parsers.ts'

const RULE = { queue: 'outreach:whatsapp:send', system: 'sales', firesAbove: 400, endsBelow: 50 }
const T0 = new Date('2026-11-22T08:00:00Z')
const after = (seconds: number): Date => new Date(T0.getTime() + seconds * 1000)

describe("the demo's Alertmanager", () => {
  it('fires above the limit, repeats after a minute, and ends well below', () => {
    const firing = { since: T0, sentAt: T0 }
    expect(dueNotice(RULE, null, 400, T0)).toBeNull()
    expect(dueNotice(RULE, null, 401, T0)).toEqual({ since: T0, endedAt: null })
    expect(dueNotice(RULE, firing, 401, after(59))).toBeNull()
    expect(dueNotice(RULE, firing, 401, after(60))).toEqual({ since: T0, endedAt: null })
    expect(dueNotice(RULE, firing, 60, after(10))).toBeNull()
    expect(dueNotice(RULE, firing, 49, after(10))).toEqual({ since: T0, endedAt: after(10) })
  })

  it('sends what the bot reads as one alert of that queue, the same one at its end', () => {
    const read = (endedAt: Date | null) => {
      const body = Buffer.from(JSON.stringify(webhookBody(RULE, T0, endedAt)))
      return parseBody('alertmanager', body).alerts
    }
    const [fired] = read(null)
    const [ended] = read(after(30))
    expect(fired).toMatchObject({ status: 'firing', startsAt: T0, endsAt: null })
    expect(fired?.labels).toMatchObject({ queue: RULE.queue, system: RULE.system })
    expect(ended).toMatchObject({ status: 'resolved', endsAt: after(30) })
    expect(ended?.fingerprint).toBe(fired?.fingerprint)
  })
})
