import type pg from 'pg'

import { OPS } from '../../test/helpers/config-of.ts'
import type { FakeSlack } from '../../test/slack/fake-slack/server.ts'
import type { FakeSlackSetup } from '../../test/slack/fake-slack/state.ts'
import { createPerson, type Person } from '../../test/slack/signed.ts'
import type { Field } from './queues.ts'
import type { Random } from './random.ts'
import type { Address } from './replicas.ts'

/** Eight who may order and approve, so that enough of them are free; one who may nothing. */
export const OPERATORS = [
  'U0ANA',
  'U0BEN',
  'U0CAL',
  'U0DAN',
  'U0EVE',
  'U0FAY',
  'U0GUS',
  'U0HAL',
] as const
const NOBODY = 'U0VIC'
export const GROUP = 'S0ONCALL'

export const WORKSPACE: FakeSlackSetup = {
  users: [...OPERATORS, NOBODY].map((id) => ({ id })),
  groups: { [GROUP]: OPERATORS },
  channels: [{ id: OPS, name: 'queue-ops', members: ['U0SPILLWAY', ...OPERATORS, NOBODY] }],
}

/** All that acts need. */
export interface Scene {
  readonly slack: FakeSlack
  /** As the owner. */
  readonly client: pg.Pool
  readonly ledgers: string
  /** Where Slack's requests go. */
  readonly slackUrl: string
  /** The replicas that take requests now. */
  readonly addresses: () => readonly Address[]
  readonly field: Field
  /** How many orders were confirmed so far, or wait for approval. */
  readonly progress: { ordered: number }
  /** Who has no modal open: each acts in one act at a time. */
  readonly free: Set<string>
}

/** One act: its people are its own until it is over. */
export interface Stage extends Scene {
  readonly random: Random
  readonly person: Person
  readonly others: readonly Person[]
}

/** Plays one act with somebody who is free; does nothing while everybody is busy. */
export async function onStage(
  scene: Scene,
  random: Random,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const [first, ...rest] = scene.free
  if (first === undefined) return
  const user = random.oneOf([first, ...rest])
  scene.free.delete(user)
  const personOf = (id: string): Person => createPerson(scene.slack, scene.slackUrl, id)
  const others = OPERATORS.filter((id) => id !== user).toSorted(() => random.between(-1, 1))
  try {
    await play({ ...scene, random, person: personOf(user), others: others.map(personOf) })
  } finally {
    scene.free.add(user)
  }
}
