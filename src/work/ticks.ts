import type { Deps } from '../usecases/deps.ts'
import { repairStranded, type Suspects } from '../usecases/queues/repair-stranded.ts'
import { forget, refreshHeadlines, REFRESHES_PER_MINUTE, sweep } from '../usecases/sweep.ts'
import type { Tick } from './clock.ts'

/** What is done by the clock, in one replica each time. */
export function createTicks(deps: Deps): readonly Tick[] {
  const suspects: Suspects = new Map()
  return [
    { name: 'sweep', cron: '*/5 * * * * *', run: () => sweep(deps) },
    {
      name: 'headlines',
      cron: '*/15 * * * * *',
      run: () => refreshHeadlines(deps, REFRESHES_PER_MINUTE / 4),
    },
    {
      name: 'forget',
      cron: '17 * * * *',
      run: () => forget(deps),
    },
    {
      name: 'stranded',
      cron: '*/20 * * * * *',
      run: () => repairStranded(deps, suspects),
    },
  ]
}
