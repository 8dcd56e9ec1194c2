import { accountsOf } from '../../../../src/domain/accounts.ts'
import type { Hold, Plan, PlannedQueue, ThrottleHold } from '../../../../src/domain/action.ts'
import type { TrackedAlert } from '../../../../src/domain/alert.ts'
import type { Incident } from '../../../../src/domain/incident.ts'
import type { Counts, QueueOverview, SystemHealth } from '../../../../src/domain/queue.ts'
import type { QueueRule } from '../../../../src/domain/settings.ts'
import type { HeadlineView, Locale, PlanCardView, PlanView } from '../../../../src/domain/views.ts'
import type { Rendered } from '../../../../src/slack/render/elements.ts'

/** Sunday, 9 March 2025, 14:02:10 UTC. */
export const NOW = new Date('2025-03-09T14:02:10Z')
const MINUTE = 60_000
export const ago = (minutes: number): Date => new Date(NOW.getTime() - minutes * MINUTE)
export const ahead = (minutes: number): Date => ago(-minutes)

export const LOCALE: Locale = {
  timeZone: 'UTC',
  commands: { queue: '/queue', incident: '/incident' },
}
export const EMAIL = { system: 'sales', queue: 'email:send' } as const

export const aCounts = (over: Partial<Counts> = {}): Counts => ({
  waiting: 12_345,
  active: 3,
  delayed: 0,
  prioritized: 0,
  failed: 610,
  completed: 0,
  waitingChildren: 0,
  paused: 0,
  ...over,
})

export const anOverview = (over: Partial<QueueOverview> = {}): QueueOverview => ({
  ref: EMAIL,
  counts: aCounts(),
  isKnown: true,
  isPaused: false,
  throttle: { rate: null, concurrency: null },
  workers: 4,
  oldestWaitingAt: ago(42),
  stranded: 0,
  libraryVersion: 'bullmq:5.79.4',
  ...over,
})

export const aRule = (over: Partial<QueueRule> = {}): QueueRule => ({
  match: 'sales/*',
  tier: 'high',
  owners: [],
  group: null,
  thresholds: { waiting: 5000, active: 100, failed: 50, delayed: 2000, oldestMs: 30 * MINUTE },
  ...over,
})

export const anIncident = (over: Partial<Incident> = {}): Incident => ({
  id: 7,
  kind: 'queue',
  key: 'queue:sales/email:send',
  ref: EMAIL,
  title: 'email:send is backing up',
  severity: 'SEV2',
  state: 'triage',
  openedAt: ago(32),
  lastAlertAt: ago(2),
  ackedAt: null,
  lead: null,
  resolvedAt: null,
  resolvedBy: null,
  reopened: 0,
  stormId: null,
  channelId: 'C0ROOM',
  channelName: 'inc-250309-email-send-k3f',
  correlationId: null,
  ...over,
})

export const anAlert = (over: Partial<TrackedAlert> = {}): TrackedAlert => ({
  id: 1,
  source: 'alertmanager',
  incidentId: 7,
  fingerprint: 'f1',
  status: 'firing',
  startsAt: ago(32),
  endsAt: null,
  labels: { alertname: 'QueueBacklog' },
  annotations: {
    summary: 'More than 5,000 emails wait',
    runbook_url: 'https://runbooks.example/queue',
  },
  sourceUrl: 'https://prometheus.example/graph?a=1&b=2',
  firstSeenAt: ago(32),
  lastSeenAt: ago(2),
  repeats: 3,
  replay: null,
  ...over,
})

export const aHold = (over: Partial<Hold> = {}): Hold => ({
  id: 'hold-1',
  ref: EMAIL,
  planId: 'plan-1',
  incidentId: 7,
  owner: { teamId: 'T1', userId: 'U0ANA' },
  reason: 'provider answers 429',
  startedAt: ago(5),
  endsAt: ahead(25),
  endedAt: null,
  endedBy: null,
  proof: 'held',
  ...over,
})

export const aThrottle = (over: Partial<ThrottleHold> = {}): ThrottleHold => ({
  ...aHold(),
  id: 'hold-2',
  throttle: {
    wanted: { rate: { max: 20, durationMs: MINUTE }, concurrency: null },
    former: { rate: null, concurrency: null },
  },
  share: 0.5,
  ...over,
})

export const aPlannedQueue = (over: Partial<PlannedQueue> = {}): PlannedQueue => ({
  ref: EMAIL,
  tier: 'high',
  before: anOverview(),
  holdIds: [],
  jobs: null,
  warnings: [],
  state: 'pending',
  isTouched: false,
  outcome: null,
  ...over,
})

/** Of one queue unless it is told of more. */
export const aPlan = (over: Partial<Plan> = {}): Plan => ({
  id: '0b8f6a52-6f0e-4bb0-9df1-54d6f2a7a001',
  number: 42,
  action: 'pause',
  scope: 'sales/email:send',
  queues: [aPlannedQueue()],
  preview: null,
  incidentId: 7,
  endsHoldId: null,
  undoesPlanId: null,
  actor: { teamId: 'T1', userId: 'U0ANA' },
  tier: 'T1',
  tierReason: 'one queue that is not critical stops for a while',
  jobs: null,
  throttle: null,
  holdMs: 30 * MINUTE,
  reason: null,
  phrase: null,
  approvalsNeeded: 0,
  isBreakGlass: false,
  state: 'planned',
  hash: '3fa9c1d0b7',
  createdAt: NOW,
  expiresAt: ahead(15),
  confirmedAt: null,
  stop: null,
  startedAt: null,
  progressedAt: null,
  outcome: null,
  finishedAt: null,
  ...over,
})

/** A plan of `count` queues, named `sales/low-0`, `sales/low-1`, …; `each` says how the nth of them differs. */
export const aWidePlan = (
  count: number,
  over: Partial<Plan> = {},
  each: (index: number) => Partial<PlannedQueue> = () => ({}),
): Plan =>
  aPlan({
    scope: 'tier:low',
    queues: Array.from({ length: count }, (_, index) =>
      aPlannedQueue({
        ref: { system: 'sales', queue: `low-${index}` },
        tier: 'low',
        before: anOverview({ counts: aCounts({ waiting: 100, active: 2 }) }),
        ...each(index),
      }),
    ),
    ...over,
  })

export const aPlanView = (over: Partial<PlanView> = {}): PlanView => ({
  plan: aPlan(),
  holds: [],
  foreign: [],
  hazards: [],
  choices: [
    { holdMs: 15 * MINUTE, isDefault: false, needsApproval: false },
    { holdMs: 30 * MINUTE, isDefault: true, needsApproval: false },
    { holdMs: null, isDefault: false, needsApproval: false },
  ],
  isReasonRequired: false,
  approvalsNeeded: 0,
  approvers: [],
  canBreakGlass: false,
  places: [],
  undoes: null,
  drift: null,
  at: NOW,
  ...over,
})

/** The card of a plan, its accounts as they follow from it. */
export const aCard = (plan: Plan, over: Partial<PlanCardView> = {}): PlanCardView => ({
  plan,
  accounts: accountsOf(plan),
  approvals: [],
  approvers: [],
  review: null,
  holds: [],
  places: [],
  stops: { holds: [], foreign: [] },
  freeze: null,
  progress: null,
  replay: null,
  tokens: {},
  at: NOW,
  ...over,
})

const TOKENS = {
  ack: 'tok-ack',
  pause: 'tok-pause',
  failed: 'tok-failed',
  status: 'tok-status',
  resolve: 'tok-resolve',
} as const

export const aHeadline = (over: Partial<HeadlineView> = {}): HeadlineView => ({
  incident: anIncident(),
  alerts: [anAlert()],
  firing: 1,
  rule: aRule(),
  queue: { isLive: true, value: anOverview(), at: NOW },
  nearest: null,
  others: [],
  hazards: [],
  holds: [],
  throttles: [],
  steps: [],
  lines: [],
  freeze: null,
  pending: [],
  tokens: TOKENS,
  at: NOW,
  ...over,
})

export const aHealth = (over: Partial<SystemHealth> = {}): SystemHealth => ({
  system: 'sales',
  isReachable: true,
  pingMs: 1.4,
  version: '7.2.4',
  usedMemoryBytes: 1.5 * 1024 ** 3,
  maxMemoryBytes: 4 * 1024 ** 3,
  maxMemoryPolicy: 'noeviction',
  problem: null,
  ...over,
})

/** Everything a person would read, one line per text, buttons in brackets. */
export function readable({ blocks }: Pick<Rendered, 'blocks'>): string {
  const lines: string[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit)
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return
    const { type, text } = node as { readonly type?: unknown; readonly text?: unknown }
    if (typeof text === 'string') lines.push(text)
    else if (type === 'button') lines.push(`[${(text as { readonly text: string }).text}]`)
    else Object.values(node).forEach(visit)
  }
  visit(blocks)
  return lines.join('\n')
}
