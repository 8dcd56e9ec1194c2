import { setTimeout as sleep } from 'node:timers/promises'

import { matchesGlob } from '../../domain/glob.ts'
import type { QueueSystem } from '../../domain/ports/queue-system.ts'
import {
  queueKey,
  type PauseHazard,
  type QueueOverview,
  type SystemHealth,
} from '../../domain/queue.ts'
import type { Settings } from '../../domain/settings.ts'
import { few, notesOn, wordsOf, type Finding } from './finding.ts'
import type { DoctorPorts } from './ports.ts'

const note = notesOn('systems')
const STEP_MS = 50

/** Whether every system answers, keeps what it is given, and can be paused without losing jobs. */
export async function checkSystems({
  config,
  systems,
  patience,
}: DoctorPorts): Promise<readonly Finding[]> {
  const seen = await Promise.all(systems.all().map((system) => checkSystem(system, patience)))
  const queues = seen.flatMap(({ queues: found }) => found)
  const isComplete = seen.every(({ isRead }) => isRead)
  return [
    ...seen.flatMap(({ findings }) => findings),
    ...(isComplete ? checkRules(config.settings, queues) : []),
  ]
}

type Patience = DoctorPorts['patience']

interface Seen {
  readonly findings: readonly Finding[]
  readonly queues: readonly string[]
  readonly isRead: boolean
}

async function checkSystem(system: QueueSystem, patience: Patience): Promise<Seen> {
  const health = await system.health()
  if (!health.isReachable) {
    const what = `${system.name} does not answer: ${health.problem ?? 'no reason given'}`
    const next = `Check the address in systems.${system.name}.url, the network and the password. Spillway starts without it, too.`
    return { findings: [note.fail(what, next)], queues: [], isRead: false }
  }
  const general = [...checkVersion(health), checkPolicy(health)]
  try {
    general.push(...checkRights(system.name, await system.missingRights()))
    const overviews = await system.overview(await discover(system, patience))
    const queues = overviews.map(({ ref }) => queueKey(ref))
    const findings = [
      ...general,
      ...checkQueues(system.name, overviews),
      ...(await checkPauses(system, overviews)),
    ]
    return { findings, queues, isRead: true }
  } catch (error) {
    const next = 'Give its user the right to read: docs/operations.md lists the commands.'
    const unread = note.fail(
      `the queues of ${system.name} could not be read: ${wordsOf(error)}`,
      next,
    )
    return { findings: [...general, unread], queues: [], isRead: false }
  }
}

/** Queues without workers are found by a search that goes on in the background. */
async function discover(system: QueueSystem, patience: Patience): Promise<readonly string[]> {
  let names = await system.discoverNow()
  let waitedMs = 0
  let quietMs = 0
  while (quietMs < patience.settleMs && waitedMs < patience.maxMs) {
    await sleep(STEP_MS)
    const found = system.knownQueues()
    quietMs = found.length > names.length ? 0 : quietMs + STEP_MS
    waitedMs += STEP_MS
    names = found
  }
  return names
}

function checkVersion({ system, version, pingMs }: SystemHealth): Finding[] {
  const answers = `${system} answers in ${pingMs ?? '?'} ms`
  if (version === null)
    return [
      note.warn(
        `${answers}; its version is hidden`,
        'BullMQ needs Redis 5 or newer, better 6.2. Allow INFO to its user to have it checked.',
      ),
    ]
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < 5)
    return [
      note.fail(
        `${system} runs Redis ${version}`,
        'BullMQ needs Redis 5 or newer, better 6.2. Upgrade it.',
      ),
    ]
  if (major < 6 || (major === 6 && minor < 2))
    return [
      note.warn(
        `${answers} and runs Redis ${version}`,
        'BullMQ recommends Redis 6.2 or newer. Plan an upgrade.',
      ),
    ]
  return [note.ok(`${answers} and runs Redis ${version}`)]
}

function checkPolicy({ system, maxMemoryPolicy, maxMemoryBytes }: SystemHealth): Finding {
  const next =
    'Set maxmemory-policy noeviction: any other lets Redis throw away jobs when it is full, and the receipts that tell which of them the vault has. Until then quarantine and release nothing.'
  if (maxMemoryPolicy === null)
    return note.warn(`the maxmemory-policy of ${system} is hidden`, next)
  if (maxMemoryPolicy === 'noeviction') return note.ok(`${system} never evicts (noeviction)`)
  const what = `${system} has maxmemory-policy ${maxMemoryPolicy}`
  const isBounded = maxMemoryBytes !== null && maxMemoryBytes > 0
  return note.fail(isBounded ? `${what} and a maxmemory: jobs can be lost` : what, next)
}

const checkRights = (system: string, missing: readonly string[]): Finding[] =>
  missing.length === 0
    ? []
    : [
        note.warn(
          `the user of ${system} may not run ${missing.join(', ')}`,
          'What needs these commands fails. Make the user as docs/operations.md says.',
        ),
      ]

function checkQueues(system: string, overviews: readonly QueueOverview[]): Finding[] {
  if (overviews.length === 0)
    return [
      note.warn(
        `${system} has no queue that can be seen`,
        `Check systems.${system}.prefix, or name queues under systems.${system}.queues.`,
      ),
    ]
  const versions = new Map<string, number>()
  for (const { libraryVersion } of overviews) {
    const version = libraryVersion ?? 'an unknown version'
    versions.set(version, (versions.get(version) ?? 0) + 1)
  }
  const parts = [...versions].map(([version, count]) => `${version} (${count})`)
  const stranded = overviews.filter((overview) => overview.stranded > 0)
  return [
    note.ok(`${system} has ${overviews.length} queues, last written by ${few(parts)}`),
    ...(stranded.length === 0
      ? []
      : [
          note.fail(
            `jobs that no worker will take: ${few(stranded.map(({ ref, stranded: count }) => `${count} in ${queueKey(ref)}`))}`,
            'Resume these queues with Spillway, which puts the jobs back in line.',
          ),
        ]),
  ]
}

/** One finding for each kind of hazard, with the queues that have it. */
async function checkPauses(
  system: QueueSystem,
  overviews: readonly QueueOverview[],
): Promise<readonly Finding[]> {
  const found = new Map<PauseHazard['code'], { explanation: string; queues: string[] }>()
  for (const { ref } of overviews) {
    const { hazards } = await system.pauseState(ref.queue)
    // Stranded jobs are told with their number already.
    for (const { code, explanation } of hazards.filter(
      (hazard) => hazard.code !== 'stranded_jobs',
    )) {
      const known = found.get(code) ?? { explanation, queues: [] }
      known.queues.push(queueKey(ref))
      found.set(code, known)
    }
  }
  if (found.size === 0)
    return [note.ok(`no pause in ${system.name} can lose jobs, as far as its queues show`)]
  return [...found].map(([code, { explanation, queues }]) =>
    note.warn(`${queues.length} queues (${few(queues)}): ${explanation}`, PAUSE_ADVICE[code]),
  )
}

const PAUSE_ADVICE: Readonly<Record<PauseHazard['code'], string>> = {
  v4_workers_ignore_flag:
    'Upgrade these workers, or name the majors under systems.….majors so that Spillway pauses in their way.',
  mixed_writers: 'Bring the writers to one major; until then pause and resume with Spillway only.',
  foreign_resume: 'Resume with Spillway, not with a dashboard of another BullMQ major.',
  stranded_jobs: 'Resume these queues with Spillway.',
  version_unknown:
    'Name the majors under systems.….majors. Without, Spillway pauses in the way that holds for all.',
}

/** A rule that fits no queue is often a typo; it may also wait for a queue that comes later. */
const checkRules = ({ queueRules }: Settings, queues: readonly string[]): Finding[] =>
  queueRules
    .filter((rule) => !queues.some((queue) => matchesGlob(rule.match, queue)))
    .map((rule) =>
      note.warn(
        `the rule ${rule.match} fits no queue that exists now`,
        'Check it for a typo; queues that come later are fine.',
      ),
    )
