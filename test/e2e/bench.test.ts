import { expect, it, vi } from 'vitest'

import { figuresOf } from '../helpers/figures-of.ts'

// Three programs are started for each: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 90_000 })

it('measures the intake: every alert is in an incident, five rooms for fifty queues', async () => {
  expect(await figuresOf('intake')).toMatchObject({
    bench: 'intake',
    per_s: expect.any(Number),
    p99_ms: expect.any(Number),
    floor_per_s: expect.any(Number),
    alerts: 500,
    incidents: 50,
    storms: 1,
    rooms: 5,
  })
})

it('measures the acknowledgements: with Redis stalled every command is answered', async () => {
  expect(await figuresOf('ack')).toMatchObject({
    bench: 'ack',
    p99_ms: expect.any(Number),
    sent: 300,
    acknowledged: 300,
    answered: 300,
  })
})

it('measures the footprint of a bot that knows every queue', async () => {
  expect(await figuresOf('footprint')).toMatchObject({
    bench: 'footprint',
    queues: 313,
    start_ms: expect.any(Number),
    rss_mb: expect.any(Number),
  })
})

it('measures the audit trail: the chain verifies after appends over eight connections', async () => {
  expect(await figuresOf('audit')).toMatchObject({
    bench: 'audit',
    appends: 200,
    connections: 8,
    per_s: expect.any(Number),
    client_hash_per_s: expect.any(Number),
    floor_per_s: expect.any(Number),
    verify_entries: 1000,
    verified: true,
  })
})

it('kills replicas at random instants: nothing is lost, repeated, unaudited, unapproved or stuck', async () => {
  expect(await figuresOf('chaos')).toMatchObject({
    bench: 'chaos',
    runs: 2,
    lost: 0,
    repeated: 0,
    unaudited: 0,
    unapproved: 0,
    stuck: 0,
    executions: expect.any(Number),
    redelivered: expect.any(Number),
    found: [],
  })
})
