import { setTimeout as sleep } from 'node:timers/promises'

import type pg from 'pg'

import { ANA, anAlert, BEN, OPS, postAlert, webhook } from '../../test/helpers/config-of.ts'
import { reason } from '../../test/helpers/reason.ts'
import type { FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { createPerson } from '../../test/slack/signed.ts'
import { note } from '../checker/ledgers.ts'
import { QUEUES } from './crew.ts'
import type { Random } from './random.ts'

export interface Scene {
  readonly slack: FakeSlack
  /** As the owner. */
  readonly client: pg.Client
  readonly ledgers: string
  readonly random: Random
}

export interface Reached {
  readonly url: string
  readonly slackUrl: string
}

const PREVIEW_MS = 3_000

/** Something that happens to a bot. It may be killed meanwhile: then the person sees nothing more. */
export async function act(scene: Scene, bot: Reached): Promise<void> {
  const { random } = scene
  const queue = random.oneOf(QUEUES)
  const user = random.oneOf([ANA, BEN])
  switch (random.oneOf(['alert', 'pause', 'pause', 'resume', 'end'])) {
    case 'alert':
      return alert(scene, bot, queue)
    case 'pause':
      return order(scene, bot, { user, command: `pause ${queue} for 30m` })
    case 'resume':
      return order(scene, bot, { user, command: `resume ${queue}` })
    default:
      return letHoldsEnd(scene)
  }
}

async function alert({ ledgers }: Scene, bot: Reached, queue: string): Promise<void> {
  const answer = await postAlert(bot, webhook([anAlert({ queue })]))
  if (answer.status !== 202) return
  const { id } = (await answer.json()) as { readonly id: string }
  note(ledgers, 'accepted', id)
}

/** Command, preview, confirmation, if there is a preview to confirm. */
async function order(
  { slack }: Scene,
  bot: Reached,
  { user, command }: { readonly user: string; readonly command: string },
): Promise<void> {
  const person = createPerson(slack, bot.slackUrl, user)
  const before = new Set(slack.state.views.keys())
  await person.command('/queue', command, OPS)
  for (const until = Date.now() + PREVIEW_MS; Date.now() < until; await sleep(10)) {
    const mine = [...slack.state.views.values()].find(
      (one) => one.user === user && !before.has(one.id),
    )
    if (mine === undefined) continue
    const text = JSON.stringify(mine.view)
    if (/can be confirmed until/.test(text)) {
      await person.submit(reason('chaos'))
      return
    }
    if (/Nothing was changed/.test(text)) return
  }
}

/** Timed pauses end as if their time had passed. */
export async function letHoldsEnd({ client }: Pick<Scene, 'client'>): Promise<void> {
  await client.query(
    `with due as (update hold set ends_at = now() where ended_at is null returning id)
     select graphile_worker.add_job('end_hold', json_build_object('holdId', id),
       job_key => 'end_hold:' || id) from due`,
  )
}
