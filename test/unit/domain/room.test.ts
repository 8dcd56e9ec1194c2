import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { roomName, roomTopic } from '../../../src/domain/room.ts'

const incident = {
  id: 7,
  kind: 'queue' as const,
  ref: { system: 'sales', queue: 'outreach:WhatsApp:send' },
  openedAt: new Date('2026-11-22T23:30:00Z'),
}
const TEMPLATE = 'inc-{yymmdd}-{slug}-{id}'

describe('room names', () => {
  it('carry the day in the configured zone, the queue and the number', () => {
    expect(roomName(TEMPLATE, incident, 'UTC', 1)).toBe('inc-261122-outreach-whatsapp-send-7')
    expect(roomName(TEMPLATE, incident, 'Europe/Bucharest', 1)).toBe(
      'inc-261123-outreach-whatsapp-send-7',
    )
  })

  it('get the same suffix for the same try, another for the next', () => {
    const [second, again, third] = [2, 2, 3].map((attempt) =>
      roomName(TEMPLATE, incident, 'UTC', attempt),
    )
    expect(second).toBe(again)
    expect(second).not.toBe(third)
    expect(second).toMatch(/^inc-261122-outreach-whatsapp-send-7-[0-9a-f]{4}$/)
  })

  it('are legal in Slack and keep the number whatever the queue is called', () => {
    const names = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
    )
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 5 }), (queue, attempt) => {
        const name = roomName(
          TEMPLATE,
          { ...incident, ref: { system: 's', queue } },
          'UTC',
          attempt,
        )
        expect(name).toMatch(/^[a-z0-9][a-z0-9_-]{0,74}$/)
        expect(name).toMatch(attempt === 1 ? /-7$/ : /-7-[0-9a-f]{4}$/)
      }),
    )
  })
})

it('a topic is at most 250 characters, cut between them', () => {
  const topic = roomTopic({ severity: 'SEV1', ref: null, title: '😀'.repeat(300) })
  expect(Array.from(topic)).toHaveLength(250)
  expect(topic.endsWith('😀')).toBe(true)
})
