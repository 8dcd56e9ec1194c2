import type { ActionKind } from './action.ts'
import type { FailureClusterId } from './failure-cluster.ts'
import { safePattern } from './safe-pattern.ts'

/** What a known failure means and what helps. Words for people, without markup. */
export interface Remedy {
  /** Searched for in the shape of an error, in which numbers are {n}, hosts {host} and so on: see `safePattern`. */
  readonly pattern: string
  readonly cause: string
  readonly advice: string
  /** What to offer beside it; null where nothing done to the queue helps. */
  readonly action: RemedyAction | null
}

export const REMEDY_ACTIONS = [
  'retry',
  'pause',
  'throttle',
  'quarantine',
  'unstick',
] as const satisfies readonly ActionKind[]
export type RemedyAction = (typeof REMEDY_ACTIONS)[number]

/** The first that fits. `configured` come before those that everybody knows, and so replace them. */
export function remedyFor(
  cluster: Pick<FailureClusterId, 'shape'>,
  configured: readonly Remedy[],
): Remedy | null {
  const known = [...testsOf(configured), ...testsOf(KNOWN_REMEDIES)]
  return known.find(({ fits }) => fits(cluster.shape))?.remedy ?? null
}

interface Tested {
  readonly remedy: Remedy
  readonly fits: (text: string) => boolean
}

/** A list is compiled once: the configuration's lives as long as the program. */
const compiled = new WeakMap<readonly Remedy[], readonly Tested[]>()

function testsOf(remedies: readonly Remedy[]): readonly Tested[] {
  const known = compiled.get(remedies)
  if (known !== undefined) return known
  const made = remedies.map((remedy) => ({ remedy, fits: safePattern(remedy.pattern) }))
  compiled.set(remedies, made)
  return made
}

/** What every on-call meets, the most telling first: `lock timeout` before `timeout`. */
export const KNOWN_REMEDIES: readonly Remedy[] = [
  {
    pattern: '(?i)stalled more than allowable limit',
    cause: 'The worker died or hung while it had the job, more often than the queue allows.',
    advice: 'Look for restarts, lack of memory and long computations in the workers; then retry.',
    action: 'retry',
  },
  {
    pattern: '(?i)missing lock for job|could not renew lock',
    cause: 'The worker was busy for longer than its lock lasts, and another one got the job.',
    advice: 'The job may have run twice: check that before you retry. Longer locks help.',
    action: null,
  },
  {
    pattern: "(?i)OOM command not allowed|used memory > .?'?maxmemory",
    cause: 'Redis has no memory left and refuses to write.',
    advice: 'Pause what fills it and give it room; then retry.',
    action: 'pause',
  },
  {
    pattern: '(?i)\\bOOM|out of memory|heap limit|allocation failed|SIGKILL|exit code 137',
    cause: 'A worker ran out of memory and was killed.',
    advice:
      'Lower the concurrency or give the workers more memory; quarantine jobs that are too big.',
    action: 'throttle',
  },
  {
    pattern: '(?i)ENOSPC|no space left|disk (?:is )?full|EDQUOT',
    cause: 'A disk is full.',
    advice: 'Pause until there is room again; then retry.',
    action: 'pause',
  },
  {
    pattern: '(?i)deadlock|lock(?: wait)? timeout|could not serialize|40001|40P01',
    cause: 'Transactions of the database wait for each other.',
    advice: 'One more try mostly works; with fewer jobs at once it happens less.',
    action: 'retry',
  },
  {
    pattern:
      '(?i)too many (?:clients|connections)|remaining connection slots|EMFILE|pool (?:is )?(?:exhausted|timed? ?out)|timeout exceeded when trying to connect',
    cause: 'All connections are in use, mostly those of the database.',
    advice: 'Lower the concurrency, look for transactions that hang; then retry.',
    action: 'throttle',
  },
  {
    pattern:
      '(?i)rate.?limit|too many requests|(?:status|code|http)\\D{0,12}429|quota exceeded|throttl',
    cause: 'The limit of a provider is used up.',
    advice: 'Pause until the window is over, go on more slowly, and retry then.',
    action: 'throttle',
  },
  {
    pattern:
      '(?i)(?:status|code|http)\\D{0,12}40[13]\\b|unauthori[sz]ed|forbidden|invalid (?:api.?key|credentials|token)|(?:token|jwt|session) (?:has )?expired|authentication failed',
    cause: 'Credentials are wrong, have expired or may not do this.',
    advice: 'Pause so that no attempts are wasted, mend the credentials, then retry.',
    action: 'pause',
  },
  {
    pattern: '(?i)certificate|CERT_|self.signed|UNABLE_TO_VERIFY|SSL routines',
    cause: "The other side's certificate is not accepted: it has expired or is not trusted.",
    advice: 'Pause until it is renewed; then retry.',
    action: 'pause',
  },
  {
    pattern: '(?i)ECONNREFUSED|connection refused',
    cause: 'Nothing listens on the other side: it is down or restarts.',
    advice: 'Pause so that no attempts are wasted, bring it up, then retry.',
    action: 'pause',
  },
  {
    pattern: '(?i)ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|getaddrinfo',
    cause: "The other side's name or network is not found.",
    advice: 'Check address, DNS and network; then retry.',
    action: 'pause',
  },
  {
    pattern: '(?i)ECONNRESET|EPIPE|socket hang up|connection (?:was )?(?:reset|closed|terminated)',
    cause: 'The other side cut the connection.',
    advice: 'Mostly a restart or an overload there: retry when it is calm.',
    action: 'retry',
  },
  {
    pattern: '(?i)ETIMEDOUT|ESOCKETTIMEDOUT|timed? ?out',
    cause: 'The other side did not answer in time.',
    advice:
      'Check that it is up and not overloaded; then retry, with fewer jobs at once if it is slow.',
    action: 'retry',
  },
  {
    pattern:
      '(?i)(?:status|code|http)\\D{0,12}50[0234]\\b|bad gateway|service unavailable|gateway time|internal server error|overloaded',
    cause: 'The other side has a fault or is overloaded.',
    advice: 'Look at its status page; retry when it is well again.',
    action: 'retry',
  },
  {
    pattern:
      '(?i)unexpected (?:token|end of)|is not valid JSON|in JSON at|JSON.{0,20}parse|parse.{0,20}JSON',
    cause: 'Something is not the JSON that was expected: the payload, or an answer from elsewhere.',
    advice: 'Look at a sample. If it is the payload, no further try helps: quarantine these jobs.',
    action: 'quarantine',
  },
  {
    pattern: '(?i)duplicate key|unique constraint|E11000|already exists',
    cause: 'What the job should make is there already: an earlier try may have done the work.',
    advice: 'Check a sample. If the work is done, quarantine these jobs rather than retry.',
    action: 'quarantine',
  },
  {
    pattern:
      '(?i)invalid|validation|schema|is required|must be an? |missing (?:required|field|property)|cannot read propert|is not a function|undefined is not',
    cause: 'The payload is not what the worker expects, or the worker has a fault.',
    advice: 'No further try helps before one of them is mended: quarantine these jobs until then.',
    action: 'quarantine',
  },
]
