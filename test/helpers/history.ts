import fc from 'fast-check'

import { PEOPLE, type PersonName } from './toy-people.ts'

/** Queues of every history, by tier; two of the critical ones, of which `critical-b` needs two approvals. */
export const QUEUES = ['critical-a', 'critical-b', 'high', 'medium', 'low-a', 'low-b'] as const

const MINUTE_MS = 60_000

type QueueName = (typeof QUEUES)[number]

/** A preview that is asked for, and as an order confirmed at once. */
export interface Planning {
  readonly kind: 'plan' | 'order'
  readonly who: PersonName
  readonly action: 'pause' | 'resume'
  readonly queues: readonly QueueName[]
  readonly holdMs: number | null
  readonly breaksGlass: boolean
}

export interface Confirming {
  readonly kind: 'confirm'
  /** Null: whoever asked for it. */
  readonly who: PersonName | null
  readonly plan: number
  /** Undefined: as it was asked for. */
  readonly holdMs: number | null | undefined
  readonly reason: string
  readonly breaksGlass: boolean
  /** At the same moment. */
  readonly times: 1 | 2
}

/** One thing that happens. `plan` counts back from the newest. */
export type Act =
  | Planning
  | Confirming
  | { readonly kind: 'judge'; readonly words: readonly Word[] }
  | { readonly kind: 'stop' | 'sign_off'; readonly who: PersonName; readonly plan: number }
  | { readonly kind: 'freeze' | 'unfreeze'; readonly who: PersonName }
  | { readonly kind: 'pass'; readonly ms: number }
  | {
      readonly kind: 'execute'
      readonly plan: number
      readonly executors: 1 | 2
      readonly diesAt: number | null
    }
  | { readonly kind: 'work' }
  | { readonly kind: 'foreign'; readonly queue: QueueName; readonly isPaused: boolean }
  | { readonly kind: 'grow'; readonly queue: QueueName }
  | { readonly kind: 'regroup'; readonly isDeeIn: boolean }

/** What somebody says to a request; those of one act are said at the same moment. */
export interface Word {
  readonly who: PersonName
  readonly plan: number
  readonly verb: 'approve' | 'reject' | 'withdraw'
}

export const REASON = 'the provider answers nothing'

const who = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<PersonName[]>('ANA', 'BEN', 'EVE') },
  { weight: 1, arbitrary: fc.constantFrom(...PEOPLE) },
)
const judge = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<PersonName[]>('BEN', 'CEM', 'DEE') },
  { weight: 1, arbitrary: fc.constantFrom(...PEOPLE) },
)
const plan = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5 }) },
)
const minutes = (...all: readonly number[]) => all.map((one) => one * MINUTE_MS)
const holdMs = fc.constantFrom(...minutes(5, 8, 15, 16, 60), null)
const breaksGlass = fc.oneof(
  { weight: 3, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
)
const queue = fc.constantFrom(...QUEUES)
const queues = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<QueueName[]>('critical-a', 'critical-b') },
  { weight: 2, arbitrary: queue },
)
const someQueues = fc.oneof(
  { weight: 3, arbitrary: queues.map((one) => [one]) },
  { weight: 1, arbitrary: fc.subarray([...QUEUES], { minLength: 2 }) },
)
const action = fc.oneof(
  { weight: 2, arbitrary: fc.constant('pause' as const) },
  { weight: 1, arbitrary: fc.constant('resume' as const) },
)
const verb = fc.oneof(
  { weight: 5, arbitrary: fc.constant('approve' as const) },
  { weight: 1, arbitrary: fc.constantFrom('reject' as const, 'withdraw' as const) },
)

const planning = (kind: 'plan' | 'order') =>
  fc.record({ kind: fc.constant(kind), who, action, queues: someQueues, holdMs, breaksGlass })

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: planning('order') },
  { weight: 2, arbitrary: planning('plan') },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('confirm' as const),
      who: fc.option(who),
      plan,
      holdMs: fc.option(holdMs, { nil: undefined }),
      reason: fc.constantFrom(REASON, REASON, '', 'short'),
      breaksGlass,
      times: fc.constantFrom(1 as const, 2 as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('judge' as const),
      words: fc.array(fc.record({ who: judge, plan, verb }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('stop' as const, 'sign_off' as const),
      who,
      plan,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('freeze' as const, 'unfreeze' as const), who }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(...minutes(0.4, 3, 6, 14, 16, 29, 31)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('execute' as const),
      plan,
      executors: fc.constantFrom(1 as const, 2 as const),
      diesAt: fc.option(fc.integer({ min: 1, max: 60 })),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: 'work' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      queue,
      isPaused: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('grow' as const), queue }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('regroup' as const), isDeeIn: fc.boolean() }),
  },
)

export const histories = fc.array(act, { minLength: 12, maxLength: 18 })
