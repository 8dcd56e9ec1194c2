import { afterAll, beforeAll, expect, it } from 'vitest'

import type { Probes } from '../../../src/domain/ports/probes.ts'
import { planProbe, runProbe } from '../../../src/usecases/recovery/probe.ts'
import { Died } from '../../helpers/mortal.ts'
import { noProbes } from '../../helpers/no-probes.ts'
import {
  createRecoveryStage,
  MINUTE_MS,
  stateOf,
  type RecoveryStage,
} from '../../helpers/recovery-stage.ts'
import { actorOf } from '../../helpers/toy-people.ts'

const ANA = actorOf('ANA')
const VIC = actorOf('VIC')
let stage: RecoveryStage

beforeAll(async () => {
  stage = await createRecoveryStage()
})
afterAll(() => stage.close())

const probe = {
  name: 'order',
  kind: 'action',
  about: 'end_to_end',
  sends: { where: 'POST http://127.0.0.1:1/orders', body: '{"password":"hunter2"}' },
} as const

/** Counts what is sent. */
function sending(act: Probes['act']) {
  const sent: string[] = []
  const probes: Probes = {
    ...noProbes,
    of: () => [probe],
    act: (name) => {
      sent.push(name)
      return act(name)
    },
  }
  return { sent, seen: { ...stage.deps, probes } }
}

const answered = () =>
  Promise.resolve({
    name: 'order',
    about: 'end_to_end',
    state: 'well',
    words: '201 in 8 ms',
    at: stage.clock.now(),
  } as const)

it('keeps the verdict back until a person runs it, and is sent once however often they click', async () => {
  const { sent, seen } = sending(answered)
  const queue = await stage.aQueue()
  const recovery = await queue.begin()
  await stage.look(recovery, seen)
  await queue.works()
  for (let looks = 0; looks < 15; looks += 1) await stage.look(recovery, seen)
  expect(await stage.recoveryOf(recovery)).toMatchObject({ goodMs: MINUTE_MS, endedAt: null })

  const purpose = { kind: 'probe', recoveryId: recovery.id, probe: 'order', run: 1 } as const
  const view = await planProbe(seen, { actor: ANA, purpose })
  expect(view.where).toBe('POST http://127.0.0.1:1/orders')
  expect(view.body).not.toContain('hunter2')
  await expect(planProbe(seen, { actor: VIC, purpose })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  await expect(runProbe(seen, { actor: VIC, purpose })).rejects.toMatchObject({
    code: 'not_allowed',
  })
  const clicks = [1, 2, 3].map(() => runProbe(seen, { actor: ANA, purpose }))
  const ends = await Promise.allSettled(clicks)
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(sent).toEqual(['order'])
  const { state, checks } = await stage.look(recovery, seen)
  expect(checks.at(-1)?.words).toBe('201 in 8 ms, run by <@ANA>')
  expect(state).toBe('recovered')
})

it('whose process died is neither called well nor sent again unasked', async () => {
  const { sent, seen } = sending(() => Promise.reject(new Died('killed')))
  const recovery = await (await stage.aQueue()).begin()
  const purpose = { kind: 'probe', recoveryId: recovery.id, probe: 'order', run: 1 } as const
  await expect(runProbe(seen, { actor: ANA, purpose })).rejects.toThrow(Died)
  stage.clock.advance(MINUTE_MS)
  expect(stateOf(await stage.look(recovery, seen), 'probe:order')).toBe('unknown')
  await expect(runProbe(seen, { actor: ANA, purpose })).rejects.toMatchObject({
    code: 'already_done',
  })
  expect(sent).toEqual(['order'])
})
