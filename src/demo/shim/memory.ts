/** What Slack keeps and the local Slack does not. Lives as long as the demo. */
export interface ShimMemory {
  /** By channel id. */
  readonly topics: Map<string, string>
  /** `channel/ts` of pinned messages. */
  readonly pins: Set<string>
  /** By `channel/ts`: what was posted as `metadata`. */
  readonly metadata: Map<string, unknown>
  /** By channel id: who was invited. */
  readonly invited: Map<string, Set<string>>
  /** Channels that were archived. */
  readonly archived: Set<string>
  /** By trigger id: who clicked or typed. */
  readonly triggers: Map<string, string>
  /** By view id: whose modal it is. */
  readonly viewOwners: Map<string, string>
  /** Whose modal was opened or updated last; a view whose id is not known yet is theirs. */
  lastViewOwner: string | null
}

export const createShimMemory = (): ShimMemory => ({
  topics: new Map(),
  pins: new Set(),
  metadata: new Map(),
  invited: new Map(),
  archived: new Set(),
  triggers: new Map(),
  viewOwners: new Map(),
  lastViewOwner: null,
})

export const messageKey = (channel: string, ts: string): string => `${channel}/${ts}`
