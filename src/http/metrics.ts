import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

import { page, type Route } from './route.ts'

/** Every metric of Spillway; `docs/operations.md` says what each means and when to be alarmed. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'spillway_' })
  const { gauge, counter } = makersOf(registers)

  return {
    registry,
    /** Of each queue, from the background sample. */
    queueJobs: gauge('queue_jobs', 'Jobs by state.', ['system', 'queue', 'state']),
    queueOldest: gauge('queue_oldest_seconds', 'Age of the job that is next in line.', [
      'system',
      'queue',
    ]),
    queuePaused: gauge('queue_paused', '1 while the queue is paused, whoever did it.', [
      'system',
      'queue',
    ]),
    queueStranded: gauge('queue_stranded_jobs', 'Jobs that no worker will ever take.', [
      'system',
      'queue',
    ]),
    queueWorkers: gauge('queue_workers', 'Connected workers.', ['system', 'queue']),
    systemUp: gauge('system_up', '1 if the system answered the last sample.', ['system']),
    systemSampled: gauge('system_sampled_timestamp_seconds', 'When the system last answered.', [
      'system',
    ]),
    /** Of Spillway itself, from the same sample. */
    outboxDepth: gauge('outbox_messages', 'Messages that Slack does not have yet.'),
    incidents: gauge('incidents', 'Unresolved incidents by state.', ['state']),
    holds: gauge('holds', 'Holds that keep a queue paused.'),
    plansPending: gauge('plans_pending', 'Plans that wait for the word of another person.', [
      'waiting_for',
    ]),
    frozen: gauge('frozen', '1 while every action is frozen.'),
    stateSampled: gauge(
      'state_sampled_timestamp_seconds',
      'When the database last answered the sample.',
    ),
    replays: gauge('replays', 'Replays that are not over, by state.', ['state']),
    ...vaultMetrics(registers),
    /** Counted by the database, too. */
    replayJobs: counter('replay_jobs_total', 'Jobs of replays by what became of them.', [
      'outcome',
    ]),
    /** Counted as it happens. */
    deliveries: counter('deliveries_total', 'Requests of alert senders.', ['source', 'outcome']),
    actions: counter('actions_total', 'Actions on queues.', ['action', 'outcome']),
    interactions: counter('slack_interactions_total', 'Commands, clicks and the like.', [
      'kind',
      'outcome',
    ]),
    slackCalls: new Histogram({
      name: 'spillway_slack_call_seconds',
      help: 'Calls of the Slack API.',
      labelNames: ['method', 'outcome'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** Of the vault, by the system that its jobs came from. */
function vaultMetrics(registers: Registry[]) {
  const { gauge, counter } = makersOf(registers)
  return {
    vaultJobs: gauge('vault_jobs', 'Jobs that the vault alone has.', ['system']),
    vaultBytes: gauge('vault_bytes', 'Content that the vault keeps.', ['system']),
    vaultOldest: gauge('vault_oldest_seconds', 'Age of the oldest stay in the vault.', ['system']),
    /** Counted by the database for all replicas together, whatever restarts. */
    vaultIn: counter('vault_jobs_in_total', 'Jobs that were taken out of queues.', ['system']),
    vaultOut: counter('vault_jobs_out_total', 'Jobs that left the vault for good.', [
      'system',
      'how',
    ]),
  }
}

const makersOf = (registers: Registry[]) => ({
  gauge: <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `spillway_${name}`, help, labelNames, registers }),
  counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `spillway_${name}`, help, labelNames, registers }),
})

/** `/metrics` only reads what is in memory: a scrape never waits for Redis, PostgreSQL or Slack. */
export const createMetricsRoute = ({ registry }: Pick<Metrics, 'registry'>): Route =>
  page('/metrics', async () => ({
    status: 200,
    headers: { 'content-type': registry.contentType },
    body: await registry.metrics(),
  }))
