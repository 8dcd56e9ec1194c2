import { formatDuration } from './duration.ts'
import { inert } from './quote.ts'
import { timeWords, type Check, type Recovery } from './recovery.ts'
import { listing } from './text.ts'

const LABELS: Readonly<Record<string, string>> = {
  failed_left: 'Failed jobs',
  processing: 'Processing',
  new_failures: 'New failures',
  success: 'Success share',
  alerts: 'Alerts',
}

const ABOUT = {
  health: 'Health',
  external: 'External API',
  end_to_end: 'End to end',
} as const

/** `Failed jobs`, `Health (api)`: what a line of the checklist is called. */
export const checkLabel = ({ name, about = 'health' }: Pick<Check, 'name' | 'about'>): string =>
  LABELS[name] ?? `${ABOUT[about]} (${name.replace(/^probe:/, '')})`

/** Within a sentence: a probe's name is the configuration's, and must have no effect there. */
const named = (check: Check): string => inert(checkLabel(check)).toLowerCase()

const withWords = (check: Check): string => `${named(check)}: ${check.words}`

/** What is not good, the bad first; what only needs its time is left out. */
export function missingWords({ checks }: Pick<Recovery, 'checks'>): string {
  const bad = checks.filter(({ state }) => state === 'bad')
  const unknown = checks.filter(({ state }) => state === 'unknown')
  const parts = [
    ...(bad.length === 0 ? [] : [`Bad: ${bad.map(withWords).join('; ')}.`]),
    ...(unknown.length === 0 ? [] : [`Unknown: ${unknown.map(withWords).join('; ')}.`]),
  ]
  return parts.join(' ')
}

/** How far it is while it is measured: `good for 4 min of 15 min`. */
export function progressWords(recovery: Pick<Recovery, 'checks' | 'goodMs' | 'forMs'>): string {
  const bad = recovery.checks.filter(({ state }) => state === 'bad')
  return bad.length === 0
    ? `good for ${timeWords(recovery)}`
    : `not good yet (${listing(bad.map(named))})`
}

/** The whole checklist in one sentence, for the timeline and the audit trail. */
export const checklistWords = ({ checks }: Pick<Recovery, 'checks'>): string =>
  checks.map(withWords).join('; ')

/** How it ended, or that it takes too long; one or two sentences for a line in the room. */
export function verdictWords(recovery: Recovery, now: Date): string {
  const { state, forMs, beganAt } = recovery
  switch (state) {
    case 'recovered':
      return `Recovered: everything was good for ${formatDuration(forMs)}.`
    case 'stopped':
      return `The recovery check was stopped after ${timeWords(recovery)}.`
    case 'given_up':
      return `Not recovered after ${formatDuration(now.getTime() - beganAt.getTime())}; the recovery check ends here. ${missingWords(recovery)}`.trim()
    case 'measuring':
      return `Not recovered after ${formatDuration(now.getTime() - beganAt.getTime())}. ${missingWords(recovery) || `Good for ${timeWords(recovery)} now.`} The check goes on, less often.`
  }
}
