import { expect, it } from 'vitest'

import { checksOf } from '../../../../src/domain/recovery-checks.ts'
import { checklistWords, missingWords } from '../../../../src/domain/recovery-words.ts'
import type { Recovery, Sight } from '../../../../src/domain/recovery.ts'
import { gatesOf } from '../../../../src/domain/replay-gates.ts'
import { verdictLine } from '../../../../src/domain/replay-lines.ts'
import { verdictOf } from '../../../../src/domain/replay-verdict.ts'
import type { Replay } from '../../../../src/domain/replay.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import { renderRoomLine } from '../../../../src/slack/render/room.ts'
import { formerWarnings } from '../../../../src/usecases/actions/jobs/replay-rest.ts'
import { after, observed, waveOf } from '../../../helpers/observed.ts'
import { aCard, aPlannedQueue, LOCALE } from './builders.ts'
import { aReplay, aReplayPlan, aRunWave, cardOf } from './replays.ts'

const EVIL = 'hey <@UBOSSMAN> *Approved* :tada: `x` _by_ <!channel>'
const probe = { name: EVIL, about: 'health', state: 'unwell', words: '503 in 9 ms', at: after(0) }
const seen = observed({
  wave: waveOf({ completed: 5, fresh: 5 }),
  failures: [{ shape: EVIL, isKnown: false, jobs: 5 }],
  alerts: [EVIL],
  probes: [probe as (typeof seen)['probes'][number]],
})
const gates = gatesOf(seen)

const EFFECTS = /<@UBOSSMAN|<!channel|\*Approved|:tada:|`x`|_by_/g

/** What of it mentions somebody, or poses as something that we say. */
function effectsIn(shown: unknown): readonly string[] {
  const text = JSON.stringify(shown)
  return text.includes('UBOSSMAN') ? (text.match(EFFECTS) ?? []) : ['it is not shown at all']
}

const halted = (): Replay =>
  aReplay([aRunWave(0, 5, 5)], { state: 'halted', gates, reason: verdictOf(gates, seen).words })

it('errors of jobs, alerts and probes by any name have no effect in the line of a halt', () => {
  const waves = [aRunWave(0, 5, 5)]
  const words = gates.map((gate) => verdictOf([gate], seen).words).join('; ')
  const line = verdictLine(aReplayPlan(waves), halted(), {
    index: 0,
    verdict: 'halt',
    judgedBy: null,
    words,
  })
  expect(words.match(/UBOSSMAN/g)).toHaveLength(3)
  expect(effectsIn(line.words)).toEqual([])
  expect(effectsIn(renderRoomLine(line))).toEqual([])
})

it('nor on the card of the replay, or on a lock screen', () => {
  expect(effectsIn(cardOf(aReplay([aRunWave(0, 5, 5)], { gates })))).toEqual([])
  expect(effectsIn(cardOf(halted()))).toEqual([])
  expect(effectsIn(cardOf(halted()).text)).toEqual([])
})

it('nor on the card that asks for approval of its continuation', () => {
  const replay = halted()
  const plan = aReplayPlan(replay.waves)
  const warnings = formerWarnings({ plan, replay, isPartial: false, unstarted: [], failed: [] })
  const asked = aReplayPlan(replay.waves, {
    state: 'requested',
    queues: [aPlannedQueue({ warnings })],
  })
  expect(effectsIn(planCard(aCard(asked), LOCALE))).toEqual([])
})

it('nor do queues and probes by any name in what a recovery lacks', () => {
  const at = after(60)
  const track = (queue: string) => ({
    ref: { system: 'sales', queue },
    completed: 0,
    failed: 0,
    completedAt: null,
    position: '0-0',
  })
  const tracks = [track('a` <@UBOSSMAN>'), track('plain')]
  const recovery = { beganAt: after(0), since: after(0), forMs: 60_000, tracks } as const
  const sight = {
    at,
    queues: tracks.map(({ ref }) => ({ ref, overview: null, ended: null, problem: 'away' })),
    readings: [probe],
    actions: [],
    alerts: [],
  } as unknown as Sight
  const limits = { maxFailed: 10, success: 0.95 }
  const found = checksOf(recovery as unknown as Recovery, sight, limits, true)
  const checks = found.map((check) => ({ ...check, since: at }))
  expect(effectsIn(missingWords({ checks }))).toEqual([])
  expect(effectsIn(checklistWords({ checks }))).toEqual([])
  expect(missingWords({ checks })).toContain("`sales/a' &lt;@UBOSSMAN&gt;`: away")
})
