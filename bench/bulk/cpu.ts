import { readdir, readFile } from 'node:fs/promises'

/** `CLK_TCK` of every Linux that Node.js runs on. */
const US_PER_TICK = 10_000

/** Processor time that the processes spent so far, in microseconds: unlike a clock, no neighbour adds to it. */
export type Cpu = Readonly<Record<'bot' | 'redis' | 'postgres', number>>

/** PostgreSQL is its postmaster with all children, those that ended included. Linux only. */
export async function readCpu(pids: Cpu): Promise<Cpu> {
  const children = await childrenOf(pids.postgres)
  const spent = await Promise.all([pids.postgres, ...children].map((pid) => spentBy(pid)))
  const { reaped } = await timesOf(pids.postgres)
  return {
    bot: await spentBy(pids.bot),
    redis: await spentBy(pids.redis),
    postgres: reaped + spent.reduce((sum, us) => sum + us, 0),
  }
}

/** For each of so many jobs, in whole microseconds. */
export const cpuPerJob = (before: Cpu, after: Cpu, jobs: number): Cpu => ({
  bot: Math.round((after.bot - before.bot) / jobs),
  redis: Math.round((after.redis - before.redis) / jobs),
  postgres: Math.round((after.postgres - before.postgres) / jobs),
})

/** Zero for one that has just ended: its parent counts it. */
const spentBy = (pid: number): Promise<number> =>
  timesOf(pid).then(
    ({ own }) => own,
    () => 0,
  )

async function timesOf(pid: number): Promise<{ readonly own: number; readonly reaped: number }> {
  const fields = await statOf(pid)
  const us = (at: number): number => Number(fields[at] ?? 0) * US_PER_TICK
  return { own: us(11) + us(12), reaped: us(13) + us(14) }
}

async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => Number.isInteger(pid))
  const parents = await Promise.all(pids.map((pid) => parentOf(pid).catch(() => null)))
  return pids.filter((_, index) => parents[index] === parent)
}

/** Throws where there is no such process. */
export const parentOf = async (pid: number): Promise<number> => Number((await statOf(pid))[1])

/** Of `/proc/<pid>/stat`, what follows the name: the state first, then the parent. */
async function statOf(pid: number): Promise<readonly string[]> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}
