import type { Actor, Plan } from '../../../domain/action.ts'
import type { Json } from '../../../domain/audit.ts'
import type { RoomLine } from '../../../domain/message.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import { asksLine, goOnLine, verdictLine } from '../../../domain/replay-lines.ts'
import type { Replay, Verdict, Wave } from '../../../domain/replay.ts'
import { auditOfPlan } from '../../audit/audit-of.ts'
import { placesOf, showCard, tellPlaces } from '../card.ts'
import { showReplayDetails } from '../replay-details.ts'

/** A verdict on the wave under way. */
export interface Judgement {
  readonly verdict: Verdict
  /** Null: by itself. */
  readonly by: Actor | null
  readonly words: string
  /** Of a hold: nothing is wrong, a person is to say that the next wave may begin. */
  readonly asks?: boolean
}

/**
 * Promotes the wave under way: the next one begins, or with the last one the replay is done. In a transaction that
 * holds the replay's row. False if somebody else judged it meanwhile.
 */
export async function promote(
  store: Repositories,
  plan: Plan,
  replay: Replay,
  { by, words, now }: Pick<Judgement, 'by' | 'words'> & { readonly now: Date },
): Promise<boolean> {
  const judgement = { verdict: 'promote' as const, by, words }
  if (!(await judge(store, plan, replay, judgement, now))) return false
  const isLast = replay.wave === replay.waves.length - 1
  await store.replays.change(
    plan.id,
    {
      reason: null,
      by: null,
      isHeldByPerson: false,
      ignored: [],
      // Harm is looked for wave by wave: what went well before must not dilute it.
      live: { completed: 0, failed: 0, overMs: 0, oldestMs: null },
      ...(isLast ? { endedAt: now } : { wave: replay.wave + 1 }),
      state: 'running',
    },
    now,
  )
  if (isLast) await store.replays.change(plan.id, { state: 'done' }, now)
  return true
}

/** Nothing more is put in line for good. In a transaction that holds the replay's row. */
export async function halt(
  store: Repositories,
  plan: Plan,
  replay: Replay,
  { by, words, now }: Pick<Judgement, 'by' | 'words'> & { readonly now: Date },
): Promise<boolean> {
  await judge(store, plan, replay, { verdict: 'halt', by, words }, now)
  await store.replays.change(
    plan.id,
    { state: 'halting', reason: words, by, isHeldByPerson: false },
    now,
  )
  return true
}

/** Nothing more is put in line until a person, or what was missing, lets it go on. */
export async function hold(
  store: Repositories,
  plan: Plan,
  replay: Replay,
  {
    by,
    words,
    now,
    asks = false,
  }: Pick<Judgement, 'by' | 'words' | 'asks'> & { readonly now: Date },
): Promise<void> {
  const isNew = replay.state !== 'held' || asks || (by !== null && !replay.isHeldByPerson)
  await store.replays.change(
    plan.id,
    { state: 'held', reason: words, ...(by === null ? {} : { by, isHeldByPerson: true }) },
    now,
  )
  if (!isNew) return
  await judge(store, plan, replay, { verdict: 'hold', by, words, asks }, now)
}

/** What held it is over. */
export async function goOn(
  store: Repositories,
  plan: Plan,
  replay: Replay,
  { by, now }: { readonly by: Actor | null; readonly now: Date },
): Promise<void> {
  const change = { state: 'running', reason: null, by: null, isHeldByPerson: false } as const
  await store.replays.change(plan.id, change, now)
  await say(store, plan, goOnLine(plan, by), { key: keyOf(replay, 'on', by, now), by, now })
  const facts = { wave: replay.wave + 1, verdict: 'go_on' }
  await store.audit.append(auditOfPlan(now, 'judged', plan, facts, { by, queue: replay.ref }))
}

/** Notes a verdict where it is looked for later: on the wave, in the trail, in the room. False if there is a final one. */
async function judge(
  store: Repositories,
  plan: Plan,
  replay: Replay,
  { verdict, by, words, asks = false }: Judgement,
  now: Date,
): Promise<boolean> {
  const { wave: index } = replay
  if (!(await store.replays.judge(plan.id, index, { verdict, by, words, now }))) return false
  const line = asks
    ? asksLine(plan, words)
    : verdictLine(plan, replay, { index, verdict, judgedBy: by, words })
  const what = asks ? 'asks' : verdict
  await say(store, plan, line, { key: keyOf(replay, what, by, now), by, now })
  if (hasFailures(replay)) await showReplayDetails(store, plan)
  const facts = factsOf(replay, replay.waves[index], verdict, words)
  await store.audit.append(auditOfPlan(now, 'judged', plan, facts, { by, queue: replay.ref }))
  return true
}

const hasFailures = ({ waves }: Replay): boolean =>
  waves.some(({ counts }) => counts.known + counts.fresh > 0)

/** What a replay does by itself again and again edits its line: a gate that flickers must not fill the room. */
const SAME_LINE_MS = 5 * 60_000

const keyOf = ({ wave }: Replay, what: string, by: Actor | null, now: Date): string =>
  `replay:${wave}:${what}:${by === null ? Math.floor(now.getTime() / SAME_LINE_MS) : now.getTime()}`

const factsOf = (
  { gates, wave: index }: Replay,
  wave: Wave | undefined,
  verdict: Verdict,
  words: string,
): Json => ({
  wave: index + 1,
  verdict,
  words,
  counts: countFacts(wave),
  gates: gates.map(({ name, state, words: told }) => ({ name, state, words: told })),
})

function countFacts(wave: Wave | undefined): Json {
  if (wave === undefined) return null
  const { fed, skipped, open, completed, known, fresh, unseen, returned } = wave.counts
  return { fed, skipped, open, completed, known, fresh, unseen, returned }
}

async function say(
  store: Repositories,
  plan: Plan,
  line: RoomLine,
  { key, by, now }: { readonly key: string; readonly by: Actor | null; readonly now: Date },
): Promise<void> {
  const places = await placesOf(store, plan)
  await tellPlaces(store, plan, places, { key, line, at: now, by: by?.userId ?? null })
  await showCard(store, plan, places)
}
