import type { Deps } from '../usecases/deps.ts'
import { refreshHeadlines, sweep } from '../usecases/sweep.ts'
import type { Tick } from './clock.ts'

const DAY_MS = 86_400_000

/** What is done by the clock, in one replica each time. */
export const createTicks = (deps: Deps): readonly Tick[] => [
  { name: 'sweep', cron: '*/5 * * * * *', run: () => sweep(deps) },
  { name: 'headlines', cron: '*/15 * * * * *', run: () => refreshHeadlines(deps) },
  {
    name: 'forget-claims',
    cron: '17 * * * *',
    run: () => deps.store.now.control.forgetClaims(new Date(deps.clock.now().getTime() - DAY_MS)),
  },
]
