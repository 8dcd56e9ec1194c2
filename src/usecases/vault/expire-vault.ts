import type { AuditBody } from '../../domain/audit.ts'
import { formatDuration } from '../../domain/duration.ts'
import { queueKey } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { VaultSet } from '../../domain/vault.ts'
import type { Deps } from '../deps.ts'

type ExpireDeps = Pick<Deps, 'store' | 'clock' | 'settings' | 'log'>

/** Sets a transaction. */
const AT_ONCE = 10

/** Deletes the payloads of sets whose time is over, writes it down and says it. Run by the clock. */
export async function expireVault(deps: ExpireDeps): Promise<void> {
  for (let expired = AT_ONCE; expired > 0;) expired = await expireSome(deps)
}

async function expireSome(deps: ExpireDeps): Promise<number> {
  const now = deps.clock.now()
  const sets = await deps.store.transaction(async ({ vault, messages, audit }) => {
    const expired = await vault.expire(now, AT_ONCE)
    for (const set of expired)
      await messages.put({
        key: `expired:${set.id}:${now.getTime()}`,
        target: { kind: 'ops' },
        content: { kind: 'line', line: { icon: 'info', words: expiredWords(set), mention: [] } },
        priority: 2,
      })
    // Last: whoever appends holds the chain until the commit.
    for (const set of expired) await audit.append(entryOf(set, now))
    return expired
  })
  for (const { number, ref, counts } of sets)
    deps.log.info(
      { event: 'vault.expired', set: number, queue: queueKey(ref), jobs: counts.expired },
      'expired',
    )
  return sets.length
}

const entryOf = (set: VaultSet, at: Date): AuditBody => ({
  at,
  kind: 'vault_expired',
  actor: null,
  action: 'expire',
  subject: `vault v${set.number}`,
  incidentId: set.incidentId,
  planId: set.planId,
  planHash: null,
  reason: null,
  facts: {
    queue: queueKey(set.ref),
    keptUntil: set.keptUntil?.toISOString() ?? null,
    counts: { ...set.counts },
  },
})

const expiredWords = ({ number, ref, counts }: VaultSet): string =>
  `Vault v${number} of \`${queueKey(ref)}\` is past its time: the payloads of ${plural(counts.expired, 'job')} are deleted. Types, errors, times and payload hashes stay.`

/** Warns the owners of sets that will expire soon, once each. Run by the clock. */
export async function warnOfExpiry(deps: ExpireDeps): Promise<void> {
  const now = deps.clock.now()
  const before = new Date(now.getTime() + deps.settings.vault.warnMs)
  await deps.store.transaction(async (repositories) => {
    for (const set of await repositories.vault.warn(before, now)) {
      const plan = await repositories.plans.byId(set.planId)
      const hasCompleted = (plan?.jobs?.byState.completed ?? 0) > 0
      await repositories.messages.put({
        key: `expires:${set.id}`,
        target: { kind: 'ops' },
        content: {
          kind: 'line',
          line: {
            icon: 'warning',
            words: warningWords(set, hasCompleted, now, deps.settings),
            mention: [set.owner.userId],
          },
        },
        priority: 1,
      })
    }
  })
}

function warningWords(
  { number, ref, counts, keptUntil }: VaultSet,
  hasCompleted: boolean,
  now: Date,
  { timeZone, commands }: Deps['settings'],
): string {
  if (keptUntil === null) throw new Error('a set that is kept for good needs no warning')
  const left = formatDuration(keptUntil.getTime() - now.getTime())
  const release = `${commands.queue} release v${number}`
  // In line, what had completed would run again.
  const back = hasCompleted
    ? `\`${release} as-it-was\` puts them back where they were`
    : `\`${release}\` puts them back in line`
  return `Vault v${number} holds ${plural(counts.held, 'job')} of \`${queueKey(ref)}\` until ${clockTime(keptUntil, timeZone, now)}, in ${left}. Then their payloads are deleted. \`${commands.queue} vault v${number}\` shows them; ${back}.`
}
