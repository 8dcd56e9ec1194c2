import { alertName } from '../../domain/alert.ts'
import type { JobOperator } from '../../domain/ports/job-operator.ts'
import type { Probe, ProbeReading } from '../../domain/ports/probes.ts'
import type { QueueSystem } from '../../domain/ports/queue-system.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import type { EndedSince, QueueSight, Recovery, Sight, Track } from '../../domain/recovery.ts'
import type { Live } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { bySystem, live } from '../queues/queue-reads.ts'

const PROBE_MS = 3000
const PAGE = 1000
/** What is left after these is read at the next look. */
const MOST_PAGES = 50

/** Looks at everything on the checklist, and changes nothing. What cannot be seen is told as such. */
export async function lookAt(
  deps: Pick<Deps, 'store' | 'systems' | 'probes' | 'clock'>,
  recovery: Recovery,
): Promise<Sight> {
  const [queues, readings, actions, alerts] = await Promise.all([
    queueSights(deps, recovery),
    readingsOf(deps, recovery.refs),
    actionsOf(deps, recovery),
    alertsOf(deps, recovery),
  ])
  return { at: deps.clock.now(), queues, readings, actions, alerts }
}

/** Those that fire come first; nobody reads more of them. */
const ALERTS_LOOKED_AT = 100

/** One that fired and was resolved between two looks counts as well. */
async function alertsOf(
  { store }: Pick<Deps, 'store'>,
  { incidentId, seenAt, beganAt }: Recovery,
): Promise<Sight['alerts']> {
  const alerts = await store.now.alerts.ofIncident(incidentId, ALERTS_LOOKED_AT)
  const since = seenAt ?? beganAt
  const those = alerts.filter(
    ({ status, firstSeenAt }) => status === 'firing' || firstSeenAt > since,
  )
  return [...new Set(those.map(alertName))]
}

async function queueSights(
  deps: Pick<Deps, 'systems' | 'clock'>,
  { refs, tracks }: Recovery,
): Promise<readonly QueueSight[]> {
  const systems = new Set(deps.systems.all().map(({ name }) => name))
  const known = refs.filter(({ system }) => systems.has(system))
  const gone = refs.filter(({ system }) => !systems.has(system)).map(noSystem)
  const sights = bySystem(known, deps.systems).map(async ({ system, queues }) => {
    const answer = await live(deps.clock.now(), () => system.overview(queues))
    const own = tracks.filter(({ ref }) => ref.system === system.name)
    return Promise.all(own.map((track) => queueSight(deps, system, track, answer)))
  })
  return [...gone, ...(await Promise.all(sights)).flat()]
}

/** The configuration may lose a system while a checklist is about it. */
const noSystem = (ref: QueueRef): QueueSight => ({
  ref,
  overview: null,
  ended: null,
  problem: `no system \`${ref.system}\` is configured any more`,
})

async function queueSight(
  deps: Pick<Deps, 'clock'>,
  system: QueueSystem,
  track: Track,
  answer: Live<readonly QueueOverview[]>,
): Promise<QueueSight> {
  const { ref } = track
  if (!answer.isLive) return { ref, overview: null, ended: null, problem: answer.problem }
  const overview = answer.value.find((each) => queueKey(each.ref) === queueKey(ref)) ?? null
  if (overview === null || system.jobs === null)
    return { ref, overview, ended: null, problem: 'it tells nothing of jobs that ended' }
  const { jobs } = system
  const ended = await live(deps.clock.now(), () => endedSince(jobs, track))
  return ended.isLive
    ? { ref, overview, ended: ended.value, problem: null }
    : { ref, overview, ended: null, problem: ended.problem }
}

/** From the first look on: what ended before it is of another time. */
async function endedSince(jobs: JobOperator, { ref, position }: Track): Promise<EndedSince> {
  const none = { completed: 0, failed: 0, hasGap: false }
  if (position === null) return { ...none, position: await jobs.position(ref.queue) }
  let sum: EndedSince = { ...none, position }
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const ended = await jobs.ended(ref.queue, sum.position, PAGE)
    const failed = ended.jobs.filter(({ kind }) => kind === 'failed').length
    sum = {
      position: ended.position,
      completed: sum.completed + ended.jobs.length - failed,
      failed: sum.failed + failed,
      hasGap: sum.hasGap || ended.hasGap,
    }
    if (!ended.hasMore) return sum
  }
  return sum
}

/** A probe may concern several of the queues; it counts once. */
async function readingsOf(
  { probes }: Pick<Deps, 'probes'>,
  refs: readonly QueueRef[],
): Promise<readonly ProbeReading[]> {
  const all = (await Promise.all(refs.map((ref) => probes.read(ref, PROBE_MS)))).flat()
  return [...new Map(all.map((reading) => [reading.name, reading])).values()]
}

/** The probes of these queues that only a person starts. */
export function actionProbes(
  { probes }: Pick<Deps, 'probes'>,
  refs: readonly QueueRef[],
): readonly Probe[] {
  const all = refs.flatMap((ref) => probes.of(ref)).filter(({ kind }) => kind === 'action')
  return [...new Map(all.map((probe) => [probe.name, probe])).values()]
}

async function actionsOf(
  deps: Pick<Deps, 'store' | 'probes'>,
  { id, refs }: Recovery,
): Promise<Sight['actions']> {
  const probes = actionProbes(deps, refs)
  const runs = probes.length === 0 ? [] : await deps.store.now.recoveries.runs(id)
  return probes.map((probe) => ({
    probe,
    last: runs.findLast((run) => run.probe === probe.name) ?? null,
  }))
}
