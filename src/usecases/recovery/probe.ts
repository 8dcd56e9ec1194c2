import type { Actor } from '../../domain/action.ts'
import type { Json } from '../../domain/audit.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { ButtonPurpose } from '../../domain/message.ts'
import type { Probe, ProbeReading } from '../../domain/ports/probes.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import { inert } from '../../domain/quote.ts'
import type { ProbeRun, Recovery } from '../../domain/recovery.ts'
import { redactJson } from '../../domain/redaction.ts'
import { ruleFor } from '../../domain/settings.ts'
import { clockTime } from '../../domain/time.ts'
import { requireThawed, requireThawedIn } from '../actions/freeze.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { recoveryKey } from './begin.ts'
import { actionProbes } from './look.ts'

/** What a probe's button stands for. */
export type ProbePurpose = Extract<ButtonPurpose, { readonly kind: 'probe' }>

/** What somebody is about to send by a probe with side effects. */
export interface ProbeView {
  readonly purpose: ProbePurpose
  /** `POST https://api.example.com/orders`; null where nobody can say. */
  readonly where: string | null
  /** Redacted; null for none. */
  readonly body: string | null
  readonly queues: readonly QueueRef[]
}

interface Request {
  readonly actor: Actor
  readonly purpose: ProbePurpose
}

const BODY_SHOWN = 1000

/** The preview of a probe with side effects. Throws `not_allowed`, `frozen`, `already_done`, `stale_button`. */
export async function planProbe(deps: Deps, request: Request): Promise<ProbeView> {
  const { probe, queues } = await judged(deps, request)
  const body = probe.sends?.body ?? null
  return {
    purpose: request.purpose,
    where: probe.sends?.where ?? null,
    body: body === null ? null : redactJson(body, { maxLength: BODY_SHOWN }),
    queues,
  }
}

/**
 * Runs a probe with side effects, once for each number of a run, whatever is clicked how often: that it is about
 * to run is committed first, so after a crash it is not known how it ended, and it never runs again unasked.
 * Throws as `planProbe` does.
 */
export async function runProbe(deps: Deps, request: Request): Promise<ProbeReading> {
  const { purpose } = request
  const { recovery } = await judged(deps, request)
  await deps.store.transaction((store) => begin(deps, store, request, recovery))
  const reading = await deps.probes.act(purpose.probe)
  await deps.store.transaction((store) => finish(store, request, { recovery, reading }))
  return reading
}

interface Judged {
  readonly recovery: Recovery
  readonly probe: Probe
  readonly queues: readonly QueueRef[]
}

/** It sets something going, as a resume does: who may do that on all its queues may run it. */
async function judged(deps: Deps, { actor, purpose }: Request): Promise<Judged> {
  const { recoveryId, probe: name } = purpose
  const recovery = await deps.store.now.recoveries.byId(recoveryId)
  if (recovery === null) throw isGone(name)
  const queues = recovery.refs.filter((ref) =>
    deps.probes.of(ref).some((probe) => probe.name === name),
  )
  const probe = actionProbes(deps, queues).find((each) => each.name === name)
  if (probe === undefined) throw isGone(name)
  await requireRole(deps, {
    actor,
    action: 'resume',
    queues: queues.map((ref) => ({ ref, tier: ruleFor(deps.settings, ref).tier })),
    incidentId: recovery.incidentId,
    fresh: true,
  })
  await requireThawed(deps)
  if (recovery.endedAt !== null) throw isOver()
  const runs = await deps.store.now.recoveries.runs(recoveryId)
  const done = runs.find(({ probe: of, run }) => of === name && run === purpose.run)
  if (done !== undefined) throw isRun(deps, done)
  return { recovery, probe, queues }
}

async function begin(
  deps: Deps,
  store: Repositories,
  { actor, purpose }: Request,
  recovery: Recovery,
): Promise<void> {
  await requireThawedIn(store, deps)
  const known = await store.recoveries.locked(recovery.id)
  if (known === null || known.endedAt !== null) throw isOver()
  const { recoveryId, probe, run } = purpose
  const wanted = { recoveryId, probe, run, by: actor, beganAt: deps.clock.now() }
  if (!(await store.recoveries.beginRun(wanted)))
    throw isRun(deps, { ...wanted, by: await runner(store, wanted) })
  await store.messages.touch(recoveryKey(recoveryId))
  await store.audit.append(
    auditOf(wanted.beganAt, 'intent', about(recovery, { actor, purpose }, {})),
  )
}

/** Whoever was quicker. */
async function runner(store: Repositories, wanted: Omit<ProbeRun, 'reading'>): Promise<Actor> {
  const runs = await store.recoveries.runs(wanted.recoveryId)
  return (
    runs.find(({ probe, run }) => probe === wanted.probe && run === wanted.run)?.by ?? wanted.by
  )
}

async function finish(
  store: Repositories,
  request: Request,
  { recovery, reading }: { readonly recovery: Recovery; readonly reading: ProbeReading },
): Promise<void> {
  const { purpose, actor } = request
  const { recoveryId, probe } = purpose
  const { state, words, at } = reading
  await store.recoveries.endRun(purpose, reading)
  await store.timeline.add({
    incidentId: recovery.incidentId,
    at,
    kind: 'note',
    actor: actor.userId,
    words: `<@${actor.userId}> ran the probe ${inert(probe)}: ${words}`,
  })
  await store.messages.touch(recoveryKey(recoveryId))
  await store.work.enqueue('verify_recovery', { recoveryId }, { key: recoveryId })
  await store.audit.append(auditOf(at, 'outcome', about(recovery, request, { state, words })))
}

const about = (
  recovery: Recovery,
  { actor, purpose }: Request,
  facts: Readonly<Record<string, Json>>,
) => ({
  actor,
  action: 'probe',
  subject: recovery.refs.length === 1 ? recovery.refs.map(queueKey).join() : purpose.probe,
  incidentId: recovery.incidentId,
  facts: { probe: purpose.probe, run: purpose.run, ...facts },
})

const isGone = (probe: string): OperatorError =>
  new OperatorError(
    'stale_button',
    `There is no probe ${inert(probe)} for these queues any more.`,
    'Nothing was sent. The configuration names the probes that there are.',
  )

const isOver = (): OperatorError =>
  new OperatorError(
    'already_done',
    'This recovery check is over.',
    'Nothing was sent. `verify` of the incident command begins another.',
  )

const isRun = (
  { settings, clock }: Pick<Deps, 'settings' | 'clock'>,
  { probe, by, beganAt }: Pick<ProbeRun, 'probe' | 'by' | 'beganAt'>,
): OperatorError =>
  new OperatorError(
    'already_done',
    `<@${by.userId}> ran the probe ${inert(probe)} at ${clockTime(beganAt, settings.timeZone, clock.now())}.`,
    'Nothing was sent a second time. The checklist has what came of it, and a button to run it again.',
  )
