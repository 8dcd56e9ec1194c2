import type { DatabaseState, DoctorPorts, SlackProbe } from '../../src/cli/doctor/ports.ts'
import type { QueueSystem } from '../../src/domain/ports/queue-system.ts'
import type { PauseHazard, QueueOverview, SystemHealth } from '../../src/domain/queue.ts'
import { parse, SHORT } from './config.ts'

export const FILE = `${SHORT}
roles:
  operator: {users: [U00000001], groups: [S00000001], queues: ["*"], actions: [pause, resume, freeze], approves: [pause, resume]}
`
export const SCOPES = ['chat:write', 'commands']

export const aSlack = (changes: Partial<SlackProbe> = {}): SlackProbe => ({
  whoAmI: () => Promise.resolve({ team: 'Acme', scopes: SCOPES }),
  openSocket: () => Promise.resolve(),
  ownChannels: () => Promise.resolve([{ id: 'C00000001', name: 'queue-ops' }]),
  user: () => Promise.resolve({ name: 'anna', isGone: false, isBot: false }),
  groupMembers: () => Promise.resolve(['U00000002']),
  ...changes,
})

export const anOverview = (changes: Partial<QueueOverview> = {}): QueueOverview => ({
  ref: { system: 'sales', queue: 'email' },
  counts: {
    waiting: 1,
    active: 0,
    delayed: 0,
    prioritized: 0,
    failed: 0,
    completed: 0,
    waitingChildren: 0,
    paused: 0,
  },
  isKnown: true,
  isPaused: false,
  throttle: { rate: null, concurrency: null },
  workers: 1,
  oldestWaitingAt: null,
  stranded: 0,
  libraryVersion: 'bullmq:5.79.4',
  ...changes,
})

interface SystemSetup {
  readonly health?: Partial<SystemHealth>
  readonly overviews?: readonly QueueOverview[]
  readonly hazards?: readonly PauseHazard[]
  readonly refuses?: string
  readonly missingRights?: readonly string[]
}

export function aSystem({
  health,
  overviews = [anOverview()],
  hazards = [],
  refuses,
  missingRights = [],
}: SystemSetup = {}) {
  const system = {
    name: 'sales',
    health: () =>
      Promise.resolve({
        system: 'sales',
        isReachable: true,
        pingMs: 1,
        version: '7.0.15',
        usedMemoryBytes: 1,
        maxMemoryBytes: null,
        maxMemoryPolicy: 'noeviction',
        problem: null,
        ...health,
      }),
    missingRights: () => Promise.resolve(missingRights),
    discoverNow: () =>
      refuses === undefined
        ? Promise.resolve(overviews.map(({ ref }) => ref.queue))
        : Promise.reject(new Error(refuses)),
    overview: () => Promise.resolve(overviews),
    pauseState: () => Promise.resolve({ isPaused: false, overview: anOverview(), hazards }),
  }
  return { all: () => [system as Partial<QueueSystem> as QueueSystem], get: () => system as never }
}

export const healthyState: DatabaseState = {
  serverVersion: '18.4',
  pending: [],
  auditRights: [],
  anchorProblems: [],
  isOwnerLogin: false,
}

/** Everything that doctor looks at, in good health but for `changes`. */
export const ports = (changes: Partial<DoctorPorts> = {}): DoctorPorts => ({
  config: parse(FILE),
  slack: aSlack(),
  systems: aSystem(),
  probes: { readAll: () => Promise.resolve([]) },
  database: { state: () => Promise.resolve(healthyState) },
  patience: { settleMs: 0, maxMs: 0 },
  manifest: { scopes: SCOPES, optional: ['groups:write'] },
  ...changes,
})
