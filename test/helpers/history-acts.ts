import type { Plan } from '../../src/domain/action.ts'
import { OperatorError } from '../../src/domain/errors.ts'
import { confirmPlan } from '../../src/usecases/actions/confirm-plan.ts'
import { endHold } from '../../src/usecases/actions/end-hold.ts'
import { executePlan } from '../../src/usecases/actions/execute-plan.ts'
import { freezeActions, liftFreeze } from '../../src/usecases/actions/freeze.ts'
import { approvePlan, rejectPlan, withdrawPlan } from '../../src/usecases/actions/judge-plan.ts'
import { lapsePlans } from '../../src/usecases/actions/lapse-plan.ts'
import { planAction } from '../../src/usecases/actions/plan-action.ts'
import { remind } from '../../src/usecases/actions/remind.ts'
import { signOff } from '../../src/usecases/actions/sign-off.ts'
import { stopPlan } from '../../src/usecases/actions/stop-plan.ts'
import type { Stage, Wrap } from './history-stage.ts'
import { QUEUES, REASON, type Act, type Confirming, type Planning, type Word } from './history.ts'
import { Died, mortal } from './mortal.ts'
import { actorOf, MAY } from './toy-people.ts'

/** Does it; what is refused in words is an answer, whatever else is thrown a fault. */
async function attempt<T>({ witness }: Stage, run: () => Promise<T>): Promise<T | null> {
  try {
    return await run()
  } catch (error) {
    const isAnswer =
      error instanceof OperatorError && error.message.trim() !== '' && error.advice.trim() !== ''
    if (isAnswer) witness.refused.push(error.code)
    else witness.faults.push(error)
    return null
  }
}

/** Counted back from the newest; where it fits the act, only among those in this state. */
async function idOf({ deps, plans }: Stage, back: number, state?: Plan['state']) {
  const all = await Promise.all(plans.map((id) => deps.store.now.plans.byId(id)))
  const fitting = all.flatMap((plan) => (plan !== null && plan.state === state ? [plan.id] : []))
  return fitting.at(-1 - back) ?? plans.at(-1 - back) ?? null
}

const byId = ({ deps }: Stage, id: string): Promise<Plan | null> => deps.store.now.plans.byId(id)

function noteOwner({ witness, plans }: Stage, plan: Plan, owner: string): void {
  witness.owners.set(plan.id, owner)
  plans.push(plan.id)
}

/** To resume is asked of what is paused, where that is something. */
function queuesOf({ toys, queueOf }: Stage, { action, queues }: Planning): readonly string[] {
  const names = queues.map(queueOf)
  const paused = QUEUES.map(queueOf).filter((name) => toys.isPaused(name))
  const fitting = names.filter((name) => paused.includes(name))
  return action === 'pause' || paused.length === 0 ? names : fitting.length > 0 ? fitting : paused
}

async function ask(stage: Stage, wish: Planning): Promise<string | null> {
  const view = await attempt(stage, () =>
    planAction(stage.deps, {
      actor: actorOf(wish.who),
      action: wish.action,
      scope: wish.queues.join(),
      refs: queuesOf(stage, wish).map((queue) => ({ system: 'sales', queue })),
      incidentId: null,
      holdMs: wish.holdMs,
    }),
  )
  if (view !== null) noteOwner(stage, view.plan, wish.who)
  return view?.plan.id ?? null
}

async function confirm(stage: Stage, planId: string, given: Omit<Confirming, 'kind' | 'plan'>) {
  const owner = stage.witness.owners.get(planId)
  const who = given.who ?? owner
  if (who === undefined) return
  const at = stage.clock.now().getTime()
  const { holdMs, reason, breaksGlass, times } = given
  const confirmation = { planId, actor: actorOf(who), reason, isBreakGlass: breaksGlass }
  const chosen = holdMs === undefined ? {} : { holdMs }
  const once = async (): Promise<void> => {
    const confirmed = await attempt(stage, () =>
      confirmPlan(stage.deps, { ...confirmation, ...chosen }),
    )
    if (confirmed?.kind === 'drifted') noteOwner(stage, confirmed.view.plan, who)
    if (confirmed?.kind !== 'confirmed') return
    const isLight = confirmed.plan.queues.every(({ tier }) => tier === 'medium' || tier === 'low')
    const isEntitled = who === owner && MAY.order(who, !isLight)
    stage.witness.confirmed.push({ at, planId, who, isEntitled, breaksGlass, reason })
  }
  await Promise.all(Array.from({ length: times }, once))
}

const VERBS = { approve: approvePlan, reject: rejectPlan, withdraw: withdrawPlan }

async function say(stage: Stage, { who, plan: back, verb }: Word): Promise<void> {
  const planId = await idOf(stage, back, 'requested')
  if (planId === null) return
  const isEntitled =
    MAY.approve(who, stage.state.isDeeIn) && stage.witness.owners.get(planId) !== who
  const said = await attempt(stage, () => VERBS[verb](stage.deps, { planId, actor: actorOf(who) }))
  if (said === null || verb !== 'approve') return
  stage.witness.approved.push({ at: stage.clock.now().getTime(), planId, who, isEntitled })
}

async function sign(stage: Stage, who: string, planId: string): Promise<void> {
  const isEntitled =
    MAY.approve(who, stage.state.isDeeIn) && stage.witness.owners.get(planId) !== who
  const signed = await attempt(stage, () => signOff(stage.deps, { planId, actor: actorOf(who) }))
  if (signed === null) return
  stage.witness.signed.push({ at: stage.clock.now().getTime(), planId, who, isEntitled })
}

async function freeze(stage: Stage, kind: 'freeze' | 'unfreeze', who: string): Promise<void> {
  const { deps, state } = stage
  const actor = actorOf(who)
  const done = await attempt(stage, async () => {
    if (kind === 'freeze') await freezeActions(deps, { actor, reason: null })
    else await liftFreeze(deps, { actor })
    return true
  })
  if (done === null) return
  state.frozenSeq = kind === 'freeze' ? ((await deps.store.now.audit.head())?.seq ?? 0) : null
}

/** What the clock does after some time. */
async function pass(stage: Stage, ms: number): Promise<void> {
  const { clock, deps } = stage
  clock.advance(ms)
  await lapsePlans(deps)
  await remind(deps)
  for (const holdId of await deps.store.now.holds.due(clock.now(), 100)) await endHold(deps, holdId)
}

/** One attempt; what kills its process is no fault. */
export async function execute(
  stage: Stage,
  planId: string,
  seen: Wrap | null = null,
): Promise<void> {
  const found = await byId(stage, planId)
  if (found === null) return
  try {
    await executePlan(stage.executor(found, seen), planId)
  } catch (error) {
    if (error instanceof Died) stage.witness.deaths += 1
    else stage.witness.faults.push(error)
  }
}

/** Everything that has work to do does it, until nothing has. */
async function work(stage: Stage): Promise<void> {
  const { clock, deps } = stage
  for (let round = 0; round < 5; round += 1) {
    const found = await deps.store.now.plans.unfinished(clock.now(), 100)
    if (found.length === 0) return
    for (const { id } of found) await execute(stage, id)
  }
}

/** Does something to the plan that an act means, if there is one. */
async function onPlan(
  stage: Stage,
  { plan, kind }: { readonly plan: number; readonly kind: Act['kind'] },
  run: (planId: string) => Promise<unknown>,
): Promise<void> {
  const planId = await idOf(stage, plan, kind === 'confirm' ? 'planned' : undefined)
  if (planId !== null) await run(planId)
}

type Players = {
  readonly [K in Act['kind']]: (stage: Stage, act: Act & { readonly kind: K }) => Promise<unknown>
}

const PLAYERS: Players = {
  plan: ask,
  async order(stage, act) {
    const planId = await ask(stage, act)
    const given = { who: act.who, holdMs: undefined, reason: REASON, times: 1 as const }
    if (planId !== null) await confirm(stage, planId, { ...given, breaksGlass: act.breaksGlass })
  },
  confirm: (stage, act) => onPlan(stage, act, (planId) => confirm(stage, planId, act)),
  judge: (stage, { words }) => Promise.all(words.map((word) => say(stage, word))),
  stop: (stage, act) =>
    onPlan(stage, act, (planId) =>
      attempt(stage, () => stopPlan(stage.deps, { planId, actor: actorOf(act.who) })),
    ),
  sign_off: (stage, act) => onPlan(stage, act, (planId) => sign(stage, act.who, planId)),
  freeze: (stage, { who }) => freeze(stage, 'freeze', who),
  unfreeze: (stage, { who }) => freeze(stage, 'unfreeze', who),
  pass: (stage, { ms }) => pass(stage, ms),
  execute: (stage, act) =>
    onPlan(stage, act, (planId) =>
      Promise.all(
        Array.from({ length: act.executors }, (_, index) =>
          execute(stage, planId, index === 0 && act.diesAt !== null ? mortal(act.diesAt) : null),
        ),
      ),
    ),
  work,
  foreign: ({ toys, queueOf }, { queue, isPaused }) => toys.setByOthers(queueOf(queue), isPaused),
  grow: async ({ toys, queueOf }, { queue }) => toys.grow(queueOf(queue), 500),
  async regroup({ state }, { isDeeIn }) {
    state.isDeeIn = isDeeIn
  },
}

/** Has one thing happen. */
export const play = <K extends Act['kind']>(
  stage: Stage,
  act: Act & { readonly kind: K },
): Promise<unknown> => PLAYERS[act.kind](stage, act)

const LEASE_MS = 25_000
const DAY_MS = 86_400_000

/** Brings a history to its end: first what is under way, then, when all time has passed, the rest. */
export async function settle(stage: Stage): Promise<void> {
  if (stage.state.frozenSeq !== null) await freeze(stage, 'unfreeze', 'ANA')
  await pass(stage, LEASE_MS)
  await work(stage)
}

export async function letAllTimePass(stage: Stage): Promise<void> {
  await pass(stage, DAY_MS)
  await work(stage)
}
