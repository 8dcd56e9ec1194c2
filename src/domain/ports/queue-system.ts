import type {
  HoldProof,
  PauseHazard,
  PlanFacts,
  QueueDetail,
  QueueOverview,
  RunProof,
  Sampled,
  SystemHealth,
  TypeShare,
} from '../queue.ts'
import type { Throttle, ThrottleChange, ThrottleState } from '../throttle.ts'
import type { JobOperator } from './job-operator.ts'
import type { JobReader } from './job-reader.ts'

/** What a system can do; the UI offers only this and says why not otherwise. */
interface Capabilities {
  readonly pause: boolean
  /** Limits on the rate and on jobs at once. */
  readonly throttle: boolean
  readonly workers: boolean
  readonly failures: boolean
}

/** The pause as found in the system just now. */
export interface PauseState {
  readonly isPaused: boolean
  readonly overview: QueueOverview
  readonly hazards: readonly PauseHazard[]
}

/**
 * One place where queues live. Reads never write, block the system for at most 5 ms a call, and give up
 * after two seconds with `OperatorError('system_unreachable')`. Changes are idempotent: run twice, they
 * do what they do once.
 */
export interface QueueSystem {
  readonly name: string
  readonly kind: string
  readonly capabilities: Capabilities
  /** What it tells of single jobs; null where it tells nothing. */
  readonly jobReader: JobReader | null
  /** What it can do to single jobs; null where it can do nothing. */
  readonly jobs: JobOperator | null

  /** Names known so far: configured, seen on workers, found by the background scan. Sorted, no waiting. */
  knownQueues(): readonly string[]
  /** Whether the background scan has looked through everything once, or there is none to wait for. */
  isSearched(): boolean
  /** One cheap pass over configured names and connected workers, so that `knownQueues` is not empty. */
  discoverNow(): Promise<readonly string[]>
  /**
   * Counts of many queues in one pipelined pass, in the order asked for. One that cannot be read is left
   * out while others can; if none can, throws `OperatorError('not_supported')`.
   */
  overview(queues: readonly string[]): Promise<readonly QueueOverview[]>
  /** One queue in detail; types and failures are sampled, so it answers at once at any size. */
  detail(queue: string): Promise<QueueDetail>
  /** Exact count of waiting job types, in slices; `onProgress` gets the share done, 0 to 1. */
  exactTypes(
    queue: string,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Sampled<TypeShare>>
  /** What a plan shows of a queue beside its counts, read in two steps at any size. */
  planFacts(queue: string): Promise<PlanFacts>
  pauseState(queue: string): Promise<PauseState>
  /** Sets the pause so that no job can be lost. Returns false if it was set already. */
  pause(queue: string): Promise<boolean>
  /** Merges what waits aside and clears the pause. Returns false if nothing was paused or set aside. */
  resume(queue: string): Promise<boolean>
  /** Puts jobs that a foreign resume stranded back in line. Returns how many. */
  repairStranded(queue: string): Promise<number>
  /** Watches a paused queue for `forMs`: do waiting jobs stay where they are? */
  proveHeld(queue: string, forMs: number): Promise<HoldProof>
  /**
   * Watches a queue that was resumed just now for at most `forMs`, and answers as soon as it is sure:
   * `running` when a job was seen to be taken, `paused_again` when the pause was seen to be set;
   * `set_not_proven` when neither was, as where nothing waits or no worker is connected.
   */
  proveRuns(queue: string, forMs: number): Promise<RunProof>
  /** The queue's own limits, and who may not keep to them. */
  readThrottle(queue: string): Promise<ThrottleState>
  /** Moves limits from what is expected to be there; what others have set is left. Resolves to what is set then. */
  setThrottle(queue: string, change: ThrottleChange): Promise<Throttle>
  /**
   * Watches a throttled queue for `forMs`: `not_held` as soon as more jobs are taken than these limits allow,
   * `held` if every one of them was seen to hold jobs back.
   */
  proveThrottle(queue: string, throttle: Throttle, forMs: number): Promise<HoldProof>
  health(): Promise<SystemHealth>
  /** What the system does not allow us although we need it, by the system's own names; tried without writing. */
  missingRights(): Promise<readonly string[]>
  close(): Promise<void>
}

/** All configured systems, by name. */
export interface QueueSystems {
  all(): readonly QueueSystem[]
  /** Throws `OperatorError('unknown_queue')` for a system that is not configured. */
  get(system: string): QueueSystem
}
