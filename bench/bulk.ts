import { measureOthers, type Speed } from './bulk/others.ts'
import { longestByCall, measureOurs, type Ordered } from './bulk/ours.ts'
import { longestMs } from './bulk/slow-log.ts'

/**
 * A hundred thousand failed jobs: quarantined, released, retried by a filter; and the jobs of one type of eight taken
 * out of half a million that wait. Ours from the command in Slack to the last job, beside the runbook's loops (for
 * quarantine one that also writes each job to PostgreSQL) and BullMQ's own calls, which know no filter and keep
 * nothing. `naive_removed`: the loop was timed on so many poison jobs only. `rss_mb` is the bot's peak; `cpu_us` what
 * each process spends on a job, which says more than the clock where others use the machine.
 * Options: `jobs` (100,000), `waiting` (500,000), `tries` of each failed job (1, as BullMQ has it), `profile` (a folder), `quick`.
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const isQuick = options['quick'] !== undefined
  const sizes = {
    failed: Number(options['jobs'] ?? (isQuick ? 600 : 100_000)),
    waiting: Number(options['waiting'] ?? (isQuick ? 2_400 : 500_000)),
    tries: Number(options['tries'] ?? 1),
  }
  const { parts, rssMb } = await measureOurs(sizes, options['profile'] ?? null)
  const { loop, own, bytes } = await measureOthers(sizes)
  return {
    bench: 'bulk',
    jobs: sizes.failed,
    waiting: sizes.waiting,
    tries: sizes.tries,
    job_bytes: bytes,
    quarantine: {
      ...beside(parts.quarantine, loop.quarantine),
      ...ownCall('clean', own.clean),
    },
    release: { ...beside(parts.release, loop.release), ...ownCall('add_bulk', own.addBulk) },
    retry: { ...beside(parts.retry, loop.retry), ...ownCall('retry_jobs', own.retry) },
    poison: {
      ...beside(parts.poison, loop.poison),
      naive_removed: loop.poison.count,
      ...ownCall('drain', own.drain),
    },
    rss_mb: rssMb,
  }
}

const beside = (ours: Ordered, loop: Speed): Record<string, unknown> => ({
  ours_per_s: Math.round((ours.done * 1000) / (ours.planMs + ours.runMs)),
  naive_per_s: loop.perS,
  max_block_ms: longestMs(ours.calls),
  naive_block_ms: loop.blockMs,
  done: ours.done,
  plan_ms: ours.planMs,
  run_ms: ours.runMs,
  cpu_us: ours.cpuUs,
  longest_ms: longestByCall(ours.calls),
})

const ownCall = (name: string, { perS, blockMs }: Speed): Record<string, unknown> => ({
  [`${name}_per_s`]: perS,
  [`${name}_block_ms`]: blockMs,
})
