import type { ActionKind } from './action.ts'
import type { AuditFilter } from './audit-filter.ts'
import type { JobCommand } from './job-grammar.ts'
import type { StopCommand } from './stop-grammar.ts'

/** What people can say to a plan where its card is out of reach. */
export type PlanVerb =
  | 'approve'
  | 'reject'
  | 'withdraw'
  | 'stop'
  | 'hold'
  | 'go_on'
  | 'promote_wave'

/** What a person typed after `/queue`, parsed; queue words are resolved against live queues later. */
export type QueueCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'list'; readonly filter: string | null }
  | { readonly kind: 'status'; readonly queue: string | null }
  /** Filters in canonical words. */
  | { readonly kind: 'failed'; readonly queue: string | null; readonly filter: string }
  | {
      readonly kind: 'jobs'
      readonly queue: string | null
      readonly filter: string
      /** So many matching ones were shown already. */
      readonly skip: number
    }
  | { readonly kind: 'job'; readonly queue: string | null; readonly id: string }
  /** A set by its number, else those of a queue, or all. */
  | { readonly kind: 'vault'; readonly queue: string | null; readonly set: number | null }
  /** What became of the jobs of a plan. */
  | { readonly kind: 'outcomes'; readonly plan: number }
  | StopCommand
  | { readonly kind: 'resume'; readonly queue: string | null }
  | { readonly kind: 'unthrottle'; readonly queue: string | null }
  | JobCommand
  | { readonly kind: 'held' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'audit'; readonly filter: AuditFilter }
  | { readonly kind: 'may'; readonly action: ActionKind; readonly queue: string | null }
  /** What is said to a plan by its number. */
  | { readonly kind: PlanVerb; readonly plan: number }
  | { readonly kind: 'freeze'; readonly reason: string | null }
  | { readonly kind: 'unfreeze' }

/** What a person typed after `/incident`. A null id means the incident of the room one is in. */
export type IncidentCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'status'; readonly incidentId: number | null }
  | { readonly kind: 'ack'; readonly incidentId: number | null }
  | { readonly kind: 'resolve'; readonly incidentId: number | null }
  /** Null: as long as configured. */
  | {
      readonly kind: 'verify'
      readonly incidentId: number | null
      readonly forMs: number | null
    }
