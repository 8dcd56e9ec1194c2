import { setTimeout as sleep } from 'node:timers/promises'

import { createPerson, type Ack } from '../test/slack/signed.ts'
import { quantile, rounded } from './lib/figures.ts'
import { ANA, openStage, OPS, type Stage } from './lib/stage.ts'
import { until } from './lib/until.ts'

const PER_S = 100
/** Share of the time at both ends in which Redis runs. */
const EDGE = 0.1
const ANSWERED_WITHIN_MS = 60_000
const QUEUES = Array.from({ length: 20 }, (_, n) => `team-${n % 7}:queue-${n}`)
const TEXTS = ['list', ...QUEUES.flatMap((queue) => [`status ${queue}`, `failed ${queue}`]), 'held']

/**
 * Signed slash commands, 100 a second, while Redis is stopped for most of the time, as a server that
 * hangs would be. Measured is each acknowledgement, on the sender's side; then every command must have
 * got an answer in words. Options: `seconds` (20), `quick` (3 s), `profile` (a folder).
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const seconds = Number(options['seconds'] ?? (options['quick'] === undefined ? 20 : 3))
  const profileDir = options['profile'] ?? null
  const stage = await openStage({ mode: 'http', queues: QUEUES, profileDir })
  try {
    const bot = await stage.start()
    const startedAt = performance.now()
    const [acks] = await Promise.all([sendAll(stage, seconds), stall(stage, seconds)])
    const sent = acks.length
    const answered = () =>
      [...stage.slack.state.responseUrls.values()].filter(({ uses }) => uses > 0).length
    await until('every command is answered', ANSWERED_WITHIN_MS, () => answered() >= sent).catch(
      (error: unknown) => console.error(String(error)),
    )
    const answeredS = (performance.now() - startedAt) / 1000
    await bot.stop()
    const times = acks.map(({ ms }) => ms)
    return {
      bench: 'ack',
      p99_ms: quantile(times, 0.99),
      p50_ms: quantile(times, 0.5),
      max_ms: quantile(times, 1),
      sent,
      acknowledged: acks.filter(({ status }) => status === 200).length,
      answered: answered(),
      answered_s: rounded(answeredS),
      stalled_s: rounded(seconds * (1 - 2 * EDGE)),
    }
  } finally {
    await stage.close()
  }
}

/** At a fixed rate, whatever comes back: a slow answer must not slow the questions. */
async function sendAll({ slack, slackUrl }: Stage, seconds: number): Promise<readonly Ack[]> {
  const ana = createPerson(slack, slackUrl, ANA)
  const startedAt = performance.now()
  const acks: Promise<Ack>[] = []
  for (let n = 0; n < seconds * PER_S; n += 1) {
    await sleep(Math.max(0, startedAt + (n * 1000) / PER_S - performance.now()))
    acks.push(ana.command('/queue', TEXTS[n % TEXTS.length] ?? 'list', OPS))
  }
  return Promise.all(acks)
}

async function stall({ redis }: Stage, seconds: number): Promise<void> {
  await sleep(seconds * EDGE * 1000)
  process.kill(redis.pid, 'SIGSTOP')
  await sleep(seconds * (1 - 2 * EDGE) * 1000)
  process.kill(redis.pid, 'SIGCONT')
}
