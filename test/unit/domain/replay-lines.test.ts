import { describe, expect, it } from 'vitest'

import {
  asksLine,
  bucketWords,
  doneWords,
  goOnLine,
  leftOf,
  replayName,
  replaySource,
  returnedLine,
  verdictLine,
} from '../../../src/domain/replay-lines.ts'
import { asksWords } from '../../../src/domain/replay-words.ts'
import { aReplay, aReplayPlan, aRunWave, aWave, counts } from '../slack/render/replays.ts'

const BEN = { teamId: 'T1', userId: 'U0BEN' }
const waves = [aRunWave(0, 9, 1), aWave(1, 90)]
const plan = aReplayPlan(waves)
const replay = aReplay(waves)
const judged = { index: 0, judgedBy: null, words: '9 of 10 completed' }

describe('a replay in words', () => {
  it('is named by where its jobs come from and where they run', () => {
    expect(replayName(plan)).toBe('replay of v7 → `sales/email` (plan 42)')
    const of = (options: object) => replaySource({ jobs: plan.jobs && { ...plan.jobs, options } })
    expect(of({})).toBe('failed jobs')
    expect(of({ continues: 41 })).toBe('the rest of plan 41')
  })

  it('calls whoever ordered it when it holds or halts, and nobody when all is well', () => {
    const line = (verdict: 'promote' | 'hold' | 'halt') =>
      verdictLine(plan, replay, { ...judged, verdict })
    expect(line('promote')).toEqual({
      icon: 'check',
      words:
        'Wave 1 of 2 is good. 9 of 10 completed. The replay of v7 → `sales/email` (plan 42) goes on by itself.',
      mention: [],
    })
    expect(line('hold')).toMatchObject({ icon: 'stop', mention: ['U0ANA'] })
    expect(line('halt')).toMatchObject({ icon: 'halt', mention: ['U0ANA'] })
    expect(line('halt').words).toContain('in wave 1 of 2. 9 of 10 completed.')
    const last = verdictLine(plan, { waves: waves.slice(0, 1) }, { ...judged, verdict: 'promote' })
    expect(last.words).toMatch(/^The canary is good\. .*\(plan 42\) is done\.$/)
  })

  it('does not sound like trouble where a good wave waits for a click', () => {
    const good = { waves: [aRunWave(0, 10), aWave(1, 40)], wave: 0 }
    const words = asksWords(good)
    expect(words).toBe(
      'wave 1 of 2 is good: 10 of 10 completed. It waits for a click for wave 2 (40 jobs)',
    )
    expect(asksLine(plan, words)).toEqual({
      icon: 'check',
      words: `Replay of v7 → \`sales/email\` (plan 42): ${words}.`,
      mention: ['U0ANA'],
    })
  })

  it('ends with what became of its jobs, and where those are that failed again', () => {
    const over = aReplay([aRunWave(0, 970, 30)])
    const said = (sets: readonly number[], of = over) => doneWords('replay of it', of, sets)
    expect(said([3, 1, 2])).toBe(
      'Done: the replay of it: 970 completed, 30 failed again, in `v1`–`v3`.',
    )
    expect(said([7])).toContain('30 failed again, in `v7`.')
    expect(said([9, 1, 4, 6])).toContain('in `v1`, `v4`, `v6` and 1 more.')
    const unseen = aWave(0, 9, { counts: counts({ fed: 8, completed: 6, unseen: 2, skipped: 1 }) })
    expect(said([], aReplay([unseen]))).toBe(
      'Done: the replay of it: 6 completed, 2 not seen to end, 1 not there any more.',
    )
  })

  it('names who judged, or let it go on', () => {
    const halt = verdictLine(plan, replay, { ...judged, verdict: 'halt', judgedBy: BEN })
    expect(halt.words).toMatch(/^<@U0BEN> halted the replay/)
    const promote = verdictLine(plan, replay, { ...judged, verdict: 'promote', judgedBy: BEN })
    expect(promote.words).toMatch(/^<@U0BEN> let the replay .* go on\. 9 of 10 completed\.$/)
    expect(goOnLine(plan, BEN).words).toMatch(/^<@U0BEN> lets the replay/)
    expect(goOnLine(plan, null).words).toMatch(/goes on by itself\.$/)
  })

  it('says which jobs went into the vault, and why', () => {
    expect(returnedLine(plan, { why: 'failed', jobs: 1, vault: 13 }).words).toBe(
      '1 job that failed again in the replay of v7 → `sales/email` (plan 42) went into the vault: `v13`.',
    )
  })

  it('puts every job into one bucket', () => {
    const cut = [
      aWave(0, 100, {
        counts: counts({ fed: 60, skipped: 2, completed: 50, known: 4, unseen: 1, returned: 5 }),
      }),
    ]
    const halted = aReplay(cut, { state: 'halted' })
    expect(leftOf(halted)).toBe(43)
    expect(bucketWords(halted, leftOf(halted))).toBe(
      '50 of 100 jobs completed, 4 failed as before, 1 not seen to end, 2 not there any more and 43 never ran',
    )
    expect(bucketWords(aReplay([aRunWave(0, 10)]), 0)).toBe('10 of 10 jobs completed')
  })
})
