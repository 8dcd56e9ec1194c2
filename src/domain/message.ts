import type { ActionKind, JobOptions } from './action.ts'
import type { QueueRef } from './queue.ts'
import type { PlannedThrottle } from './throttle.ts'

/**
 * A message as the rest of the program sees it: what it is about, not how it looks. Delivery renders it
 * from the truth of that moment, so that many changes cost one edit.
 */
export type MessageContent =
  | { readonly kind: 'headline'; readonly incidentId: number }
  | { readonly kind: 'announcement'; readonly incidentId: number }
  /** A plan from its request to its outcome. */
  | { readonly kind: 'plan'; readonly planId: string }
  /** What the jobs of a replay failed with, for the thread of its card. */
  | { readonly kind: 'replay_details'; readonly planId: string }
  /** Whether an incident's queues have recovered, as a checklist. */
  | { readonly kind: 'recovery'; readonly recoveryId: string }
  | { readonly kind: 'line'; readonly line: RoomLine }
  | {
      readonly kind: 'unmapped_alert'
      readonly source: string
      readonly alertName: string
      readonly count: number
      readonly lastSummary: string
    }
  | { readonly kind: 'ops_notice'; readonly words: string }
  | { readonly kind: 'anchor'; readonly anchor: AnchorNote }

/** The head of the audit trail, for Slack to vouch for; the time in ISO 8601. */
export interface AnchorNote {
  readonly instance: string
  readonly seq: number
  readonly hash: string
  readonly at: string
}

/** One line in a room when something changed. */
export interface RoomLine {
  readonly icon: 'alert' | 'check' | 'stop' | 'halt' | 'go' | 'vault' | 'hand' | 'warning' | 'info'
  /** mrkdwn; ids as <@U…>; already free of payloads and secrets. */
  readonly words: string
  /** Slack user ids to mention in front. */
  readonly mention: readonly string[]
}

/** Where a message belongs. A room's channel id may not exist yet; then the message waits for it. */
export type MessageTarget =
  | { readonly kind: 'room'; readonly incidentId: number }
  | { readonly kind: 'ops' }
  /** A direct message. */
  | { readonly kind: 'person'; readonly userId: string }
  /** Where anchors of the audit trail go: a channel of their own, or the ops channel. */
  | { readonly kind: 'audit' }

export interface WantedMessage {
  /** Names the logical message: putting it again edits it in place. */
  readonly key: string
  readonly target: MessageTarget
  readonly content: MessageContent
  /** Lower goes first when Slack is slow: headlines 0, changes of state 1, the rest 2. */
  readonly priority: 0 | 1 | 2
  /**
   * The key of the message in whose thread it goes, in the same channel and of a lower priority, so that it is
   * there first. A parent that does not exist leaves it outside any thread.
   */
  readonly thread?: string
}

/** What a button does when clicked; its token in Slack says nothing. */
export type ButtonPurpose =
  | {
      readonly kind: 'plan'
      readonly action: ActionKind
      readonly scope: string
      readonly refs: readonly QueueRef[]
      readonly incidentId: number | null
      readonly holdMs: number | null
      /** Which jobs, in the filter's words, and what is to be done with them; absent for whole queues. */
      readonly jobs?: { readonly filter: string; readonly options: JobOptions }
      readonly throttle?: Pick<PlannedThrottle, 'to' | 'thenMs'>
    }
  | { readonly kind: 'ack'; readonly incidentId: number }
  | { readonly kind: 'resolve'; readonly incidentId: number }
  | {
      readonly kind: 'status'
      readonly system: string
      readonly queue: string
      readonly incidentId: number | null
    }
  | {
      readonly kind: 'failed'
      readonly system: string
      readonly queue: string
      readonly incidentId: number | null
    }
  /** A page of jobs; the filter in its words. */
  | {
      readonly kind: 'jobs'
      readonly system: string
      readonly queue: string
      readonly filter: string
      readonly skip: number
    }
  | { readonly kind: 'unfreeze' }
  | { readonly kind: 'stop_recovery'; readonly recoveryId: string }
  /** A probe with side effects; the number makes each run its own, done once. */
  | {
      readonly kind: 'probe'
      readonly recoveryId: string
      readonly probe: string
      readonly run: number
    }
  /** What people do with a plan on its card. */
  | {
      readonly kind:
        | 'approve'
        | 'reject'
        | 'withdraw'
        | 'stop'
        | 'undo'
        | 'sign_off'
        | 'again'
        /** Of a replay: put nothing more in line, go on, on to the next wave. */
        | 'hold'
        | 'go_on'
        | 'promote'
        /** The table of what became of each job. */
        | 'outcomes'
      readonly planId: string
      /** The wave that is promoted, from 0: on a card of before, the button is not about the next one. */
      readonly wave?: number
    }

export interface Button {
  readonly token: string
  readonly purpose: ButtonPurpose
  readonly spentAt: Date | null
  readonly spentBy: string | null
  /** What a late click is told, e.g. "already paused by <@U1> at 14:02". */
  readonly spentWords: string | null
}
