import type { Plan } from '../../src/domain/action.ts'
import { EVERYTHING } from '../../src/domain/audit-filter.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import { DEFAULT_POLICY, DEFAULT_RULE, type Settings } from '../../src/domain/settings.ts'
import { randomIds } from '../../src/runtime.ts'
import type { Deps } from '../../src/usecases/deps.ts'
import type { TestClock } from './clock.ts'
import { aSettings } from './config-of.ts'
import { noProbes } from './no-probes.ts'
import { silentLog } from './silent-log.ts'
import { createToyPeople, TOY_ROLES } from './toy-people.ts'
import { createToyQueues, type Flip } from './toy-queues.ts'

const MINUTE_MS = 60_000
/** Requests stand for this long. */
export const APPROVAL_TTL_MS = 30 * MINUTE_MS
/** So often may one person, and people on one queue, order something in ten minutes. */
export const LIMIT = 6

/** What somebody got through with. */
interface Deed {
  readonly at: number
  readonly planId: string
  readonly who: string
  /** Whether this person might, by the rules as `MAY` says them once more. */
  readonly isEntitled: boolean
}

/** A change of a queue's flag, as the queue saw it. */
export interface SeenFlip extends Flip {
  readonly at: number
  /** The newest entry of the audit trail before it. */
  readonly seq: number
  /** The entry that announced it; null without one, or with several. */
  readonly intentSeq: number | null
  /** The newest entry when the freeze began that was in force; null without. */
  readonly frozenSeq: number | null
}

/** What happened in a history, noted beside our code. */
export interface Witness {
  /** By whom each plan was asked for. */
  readonly owners: Map<string, string>
  readonly confirmed: (Deed & { readonly breaksGlass: boolean; readonly reason: string })[]
  readonly approved: Deed[]
  readonly signed: Deed[]
  readonly flips: SeenFlip[]
  /** Codes of what was refused in words. */
  readonly refused: string[]
  /** What was thrown and is no answer for people. */
  readonly faults: unknown[]
  /** Attempts that were killed. */
  deaths: number
}

const settings: Settings = {
  ...aSettings(),
  queueRules: (['critical', 'high', 'low'] as const).map((tier) => ({
    ...DEFAULT_RULE,
    match: `sales/*-${tier}*`,
    tier,
  })),
  roles: TOY_ROLES,
  policy: {
    ...DEFAULT_POLICY,
    approvalTtlMs: APPROVAL_TTL_MS,
    approvers: [
      { match: '*-critical-b', tiers: ['critical'], actions: ['pause', 'resume'], count: 2 },
    ],
    limits: { perPerson: LIMIT, perQueue: LIMIT, windowMs: 10 * MINUTE_MS },
  },
}

/** How a process sees its ports. */
export type Wrap = <T extends object>(ports: T) => T

export interface Stage {
  readonly deps: Deps
  readonly clock: TestClock
  readonly witness: Witness
  readonly toys: ReturnType<typeof createToyQueues>
  readonly state: { isDeeIn: boolean; frozenSeq: number | null }
  /** Ids of all plans, in the order in which they were made. */
  readonly plans: string[]
  readonly queueOf: (name: string) => string
  /** What a process has that carries out this plan, its ports as `seen` gives them. */
  executor(plan: Plan, seen: Wrap | null): Deps
}

/** Where one history is played: real use cases and a real store between queues and people in memory. */
export function createStage(store: Store, clock: TestClock, prefix: string): Stage {
  const witness: Witness = {
    owners: new Map(),
    confirmed: [],
    approved: [],
    signed: [],
    flips: [],
    refused: [],
    faults: [],
    deaths: 0,
  }
  const state: Stage['state'] = { isDeeIn: true, frozenSeq: null }
  const toys = createToyQueues(async (flip) => {
    const { audit } = store.now
    const head = await audit.head()
    const about = { ...EVERYTHING, kind: 'intent', plan: flip.planId, queue: `sales/${flip.queue}` }
    const intents = flip.planId === null ? [] : await audit.search(about, 2)
    witness.flips.push({
      ...flip,
      at: clock.now().getTime(),
      seq: head?.seq ?? 0,
      intentSeq: intents.length === 1 ? (intents[0]?.seq ?? null) : null,
      frozenSeq: state.frozenSeq,
    })
  })
  const deps: Deps = {
    store,
    systems: toys.systemsFor(null),
    probes: noProbes,
    chat: createToyPeople(() => state.isDeeIn),
    settings,
    clock,
    ids: randomIds,
    log: silentLog,
  }
  return {
    deps,
    clock,
    witness,
    toys,
    state,
    plans: [],
    queueOf: (name) => `${prefix}-${name}`,
    executor(plan, seen) {
      const systems = toys.systemsFor(plan.id)
      if (seen === null) return { ...deps, systems }
      return {
        ...deps,
        store: seen(store),
        systems: {
          all: () => systems.all().map(seen),
          get: (name) => seen(systems.get(name)),
        },
      }
    },
  }
}
