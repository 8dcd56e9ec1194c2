import type { Probes } from '../../src/domain/ports/probes.ts'

/** For tests without anything outside the queues to ask. */
export const noProbes: Probes = {
  of: () => [],
  read: () => Promise.resolve([]),
  act: (name) => Promise.reject(new Error(`there is no probe ${name}`)),
}
