import type { Deps } from '../usecases/deps.ts'
import { forget, refreshHeadlines, sweep } from '../usecases/sweep.ts'
import type { Tick } from './clock.ts'

/** What is done by the clock, in one replica each time. */
export const createTicks = (deps: Deps): readonly Tick[] => [
  { name: 'sweep', cron: '*/5 * * * * *', run: () => sweep(deps) },
  { name: 'headlines', cron: '*/15 * * * * *', run: () => refreshHeadlines(deps) },
  {
    name: 'forget',
    cron: '17 * * * *',
    run: () => forget(deps),
  },
]
