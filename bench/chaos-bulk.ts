import { bulkChaos } from './chaos/bulk/run.ts'

/**
 * `kill -9` of the bot, of Redis and of PostgreSQL at random instants while jobs are quarantined and released, with
 * live workers of BullMQ 4, 5 and 6; Redis and PostgreSQL sync every answer to the disk. Then a separate checker
 * looks where every single job is. Options: `runs` (100), `jobs` of each (10,000), `seed`, `quick`, `keep` (a
 * folder for the evidence if something is found).
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const isQuick = options['quick'] !== undefined
  const runs = Number(options['runs'] ?? (isQuick ? 1 : 100))
  const jobs = Number(options['jobs'] ?? (isQuick ? 300 : 10_000))
  const seed = Number(options['seed'] ?? Date.now() % 1_000_000)
  const keep = options['keep']
  const {
    lost,
    repeated,
    unaudited,
    unapproved,
    stuck,
    found,
    jobs: added,
    ...rest
  } = await bulkChaos({ runs, jobs, seed, ...(keep === undefined ? {} : { keep }) })
  if (found.length > 0) process.exitCode = 1
  const verdict = { lost, repeated, unaudited, unapproved, stuck }
  return { bench: 'chaos-bulk', runs, jobs, added, ...verdict, ...rest, seed, found }
}
