import { settleDoubts } from '../usecases/actions/jobs/settle-doubt.ts'
import { lapsePlans } from '../usecases/actions/lapse-plan.ts'
import { remind } from '../usecases/actions/remind.ts'
import { endGivenUp } from '../usecases/actions/replay/given-up.ts'
import { requestAnchor, requestCheck } from '../usecases/audit/request-anchor.ts'
import type { Deps } from '../usecases/deps.ts'
import { repairStranded, type Suspects } from '../usecases/queues/repair-stranded.ts'
import { forget, refreshHeadlines, REFRESHES_PER_MINUTE, sweep } from '../usecases/sweep.ts'
import { expireVault, warnOfExpiry } from '../usecases/vault/expire-vault.ts'
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
    { name: 'lapse', cron: '*/5 * * * * *', run: () => lapsePlans(deps) },
    { name: 'doubts', cron: '*/10 * * * * *', run: () => settleDoubts(deps) },
    { name: 'given-up', cron: '*/5 * * * * *', run: () => endGivenUp(deps) },
    { name: 'remind', cron: '*/20 * * * * *', run: () => remind(deps) },
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
    { name: 'expire', cron: '7 * * * *', run: () => expireVault(deps) },
    { name: 'warn', cron: '9 * * * *', run: () => warnOfExpiry(deps) },
    {
      name: 'anchor',
      cron: everyCron(deps.settings.audit.anchorEveryMs),
      run: () => requestAnchor(deps.store.now),
    },
    {
      name: 'verify',
      cron: '41 3 * * *',
      run: () => requestCheck(deps.store.now),
    },
  ]
}

const MINUTE_MS = 60_000

/** Whole minutes up to an hour, beyond that whole hours; what does not divide the hour or the day starts anew with it. */
function everyCron(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / MINUTE_MS))
  return minutes < 60
    ? `*/${minutes} * * * *`
    : `0 */${Math.min(24, Math.round(minutes / 60))} * * *`
}
