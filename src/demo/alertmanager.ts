import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

/** What a rule looks at. */
export interface AlertRule {
  readonly queue: string
  readonly system: string
  /** Jobs that wait, paused ones included. */
  readonly backlog: () => Promise<number>
  /** The alert fires from here on… */
  readonly firesAbove: number
  /** …and is over below this. */
  readonly endsBelow: number
}

export interface AlertTarget {
  /** Of the bot's webhook. */
  readonly url: string
  readonly bearerToken: string
}

const LOOK_MS = 500
/** A firing alert is sent again after this time, as Alertmanager does after its `repeat_interval`. */
const REPEAT_MS = 60_000

/** A firing alert with when it was sent last. */
interface Firing {
  readonly since: Date
  readonly sentAt: Date
}

interface Notice {
  readonly since: Date
  readonly endedAt: Date | null
}

/** What to send now of a rule that fires or not, or null. */
export function dueNotice(
  rule: Pick<AlertRule, 'firesAbove' | 'endsBelow'>,
  firing: Firing | null,
  backlog: number,
  now: Date,
): Notice | null {
  if (firing === null) return backlog > rule.firesAbove ? { since: now, endedAt: null } : null
  if (backlog < rule.endsBelow) return { since: firing.since, endedAt: now }
  const isRepeat = now.getTime() - firing.sentAt.getTime() >= REPEAT_MS
  return isRepeat ? { since: firing.since, endedAt: null } : null
}

/** Watches one rule and posts what an Alertmanager would, until aborted. What is not taken is sent again. */
export async function watchRule(
  rule: AlertRule,
  target: AlertTarget,
  signal: AbortSignal,
): Promise<void> {
  let firing: Firing | null = null
  while (!signal.aborted) {
    const backlog = await rule.backlog().catch(() => null)
    const now = new Date()
    const notice: Notice | null = backlog === null ? null : dueNotice(rule, firing, backlog, now)
    if (notice !== null && (await post(rule, target, notice.since, notice.endedAt)))
      firing = notice.endedAt === null ? { since: notice.since, sentAt: now } : null
    await delay(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

async function post(
  rule: AlertRule,
  target: AlertTarget,
  since: Date,
  endedAt: Date | null,
): Promise<boolean> {
  const answer = await fetch(target.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${target.bearerToken}`,
      'user-agent': 'Alertmanager/0.25.0',
    },
    body: JSON.stringify(webhookBody(rule, since, endedAt)),
    signal: AbortSignal.timeout(5000),
  }).catch(() => null)
  return answer?.ok ?? false
}

/** Alertmanager's webhook, version 4, for a group of one alert. */
export function webhookBody(
  { queue, system, firesAbove }: Pick<AlertRule, 'queue' | 'system' | 'firesAbove'>,
  since: Date,
  endedAt: Date | null,
): object {
  const labels = { alertname: 'QueueBacklog', queue, system, severity: 'critical' }
  const annotations = {
    summary: `${queue}: more than ${firesAbove} jobs wait`,
    description: `The backlog of ${queue} is above ${firesAbove} and grows.`,
    runbook_url: 'https://runbooks.northwind.example/queue-backlog',
  }
  const status = endedAt === null ? 'firing' : 'resolved'
  const groupLabels = { alertname: labels.alertname, queue }
  const fingerprint = createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16)
  return {
    version: '4',
    receiver: 'spillway',
    status,
    groupKey: `{}:{alertname="${labels.alertname}", queue="${queue}"}`,
    truncatedAlerts: 0,
    groupLabels,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'http://alertmanager.northwind.example',
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: since.toISOString(),
        endsAt: endedAt?.toISOString() ?? '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.northwind.example/graph?g0.expr=queue_waiting',
        fingerprint,
      },
    ],
  }
}
