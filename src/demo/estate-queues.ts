import type { QueueTier } from '../domain/queue.ts'

/** The BullMQ major that produces and works a queue. */
export type Major = 'v4' | 'v5' | 'v6'

export interface DemoQueue {
  readonly name: string
  readonly major: Major
  readonly types: readonly string[]
}

export const SYSTEM = 'sales'
/** The queue whose provider stops answering. */
export const TROUBLE_QUEUE = 'outreach:whatsapp:send'

const queues = (
  major: Major,
  list: Readonly<Record<string, readonly string[]>>,
): readonly DemoQueue[] => Object.entries(list).map(([name, types]) => ({ name, major, types }))

/** A sales platform that has grown over three BullMQ majors; the youngest no longer takes colons as they are. */
export const ESTATE: readonly DemoQueue[] = [
  ...queues('v4', {
    'payment:capture': ['capture'],
    'payment:refund': ['refund'],
    'payment:reconcile': ['reconcile'],
    'invoice:issue': ['issue', 'storno'],
    'invoice:efactura:send': ['upload'],
    'invoice:efactura:poll': ['poll'],
    'invoice:reminder': ['first', 'second'],
    'logistics:awb:create': ['fan', 'sameday'],
    'logistics:awb:track': ['track'],
    'logistics:return': ['pickup'],
  }),
  ...queues('v5', {
    'ai-lead-score': ['score'],
    'ai-reply-draft': ['draft'],
    'ai-summary': ['call', 'meeting'],
    'nurture-drip': ['step'],
    'nurture-birthday': ['greet'],
    'nurture-winback': ['offer'],
    'crm-sync': ['contact', 'deal'],
    'report-daily': ['render'],
  }),
  ...queues('v6', {
    'outreach:whatsapp:send': ['whatsapp.send', 'whatsapp.template'],
    'outreach:whatsapp:status': ['status'],
    'outreach:email:send': ['email.send'],
    'outreach:email:bounce': ['bounce'],
    'outreach:sms:send': ['sms.send'],
    'outreach:call:schedule': ['call'],
    'enrich:anaf:company': ['lookup'],
    'enrich:anaf:vat': ['lookup'],
    'enrich:termene:risk': ['lookup'],
    'enrich:geo:address': ['geocode'],
    'enrich:web:logo': ['fetch'],
    'enrich:dedupe': ['merge'],
  }),
]

/** Globs over queue names, most urgent first, as the platform's runbook has them. */
export const TIERS: readonly (readonly [string, QueueTier])[] = [
  ['payment:*', 'critical'],
  ['invoice:*', 'critical'],
  ['logistics:*', 'critical'],
  ['outreach:*', 'high'],
  ['ai-*', 'high'],
  ['enrich:*', 'medium'],
  ['nurture-*', 'medium'],
  ['*', 'low'],
]
