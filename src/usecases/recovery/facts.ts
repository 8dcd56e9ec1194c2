import type { Json } from '../../domain/audit.ts'
import type { Recovery } from '../../domain/recovery.ts'

/** How a checklist stood, as facts of the audit trail. */
export const recoveryFacts = ({ state, forMs, checks }: Recovery): Json => ({
  state,
  forMs,
  checks: checks.map((check) => ({ name: check.name, state: check.state, words: check.words })),
})
