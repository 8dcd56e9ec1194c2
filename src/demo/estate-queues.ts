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
/** The queue whose bank goes into maintenance: what is sent to it meanwhile may be charged twice. */
export const BANK_QUEUE = 'payment:capture'

/** VAT numbers are looked up in each member state by itself: many queues, one register behind them. */
const MEMBER_STATES =
  'at be bg cy cz de dk ee el es fi fr hr hu ie it lt lu lv mt nl pl pt ro se si sk'.split(' ')
export const VAT_GLOB = 'enrich:vies:*'

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
    ...Object.fromEntries(MEMBER_STATES.map((state) => [`enrich:vies:${state}`, ['lookup']])),
  }),
]

/** The queues behind the register of VAT numbers. */
export const VAT_QUEUES: readonly string[] = ESTATE.map(({ name }) => name).filter((name) =>
  name.startsWith(VAT_GLOB.slice(0, -1)),
)

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
