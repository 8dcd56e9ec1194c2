import { expect, it } from 'vitest'

import type { Button, ButtonPurpose } from '../../../../src/domain/message.ts'
import { redeem } from '../../../../src/slack/listeners/buttons.ts'
import type { ListenerContext } from '../../../../src/slack/listeners/context.ts'

const AT = new Date('2026-03-01T12:00:00Z')

const contextWith = (purpose: ButtonPurpose): ListenerContext => {
  const spent: Button = {
    token: 't',
    purpose,
    spentAt: AT,
    spentBy: null,
    spentWords: 'it is over',
  }
  const deps = {
    store: { now: { buttons: { byToken: async () => spent } } },
    settings: { commands: { queue: '/queue', incident: '/incident' } },
  }
  return { deps } as unknown as ListenerContext
}

const replayOf = (options: object): ButtonPurpose => ({
  kind: 'plan',
  action: 'replay',
  scope: 'sales/email',
  refs: [],
  incidentId: 7,
  holdMs: null,
  jobs: { filter: '', options },
})

it('says how to go on with what a replay left, also where its button is used up', async () => {
  await expect(redeem(contextWith(replayOf({ continues: 42 })), 't')).rejects.toMatchObject({
    message: 'Too late: it is over.',
    advice:
      'Nothing was changed by this click. `/queue replay plan 42` goes on with what that replay left.',
  })
  await expect(redeem(contextWith(replayOf({})), 't')).rejects.toMatchObject({
    advice: 'Nothing was changed by this click.',
  })
})
