import type { Chat } from '../domain/ports/chat.ts'
import type { Probes } from '../domain/ports/probes.ts'
import type { QueueSystems } from '../domain/ports/queue-system.ts'
import type { Clock, Ids, Log } from '../domain/ports/runtime.ts'
import type { Store } from '../domain/ports/store.ts'
import type { Settings } from '../domain/settings.ts'

/** Everything a use case may reach. One that needs less says so with `Pick`. */
export interface Deps {
  readonly store: Store
  readonly systems: QueueSystems
  readonly probes: Probes
  readonly chat: Chat
  readonly settings: Settings
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}
