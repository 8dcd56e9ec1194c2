import { eventually } from './eventually.ts'
import type { World } from './world.ts'

/** A filled-in reason, as Slack sends it with a submission. */
export const reason = (value: string) => ({
  'spillway:reason_block': { 'spillway:reason': { type: 'plain_text_input', value } },
})

/** Waits until the modal that a person has open says this; gives its whole text. */
export const untilModal = (world: World, user: string, words: RegExp): Promise<string> =>
  eventually(`a modal of ${user} that says ${words}`, () => {
    const open = [...world.slack.state.views.values()].filter(
      (one) => one.user === user && one.isOpen,
    )
    return open.map(({ view }) => JSON.stringify(view)).find((text) => words.test(text))
  })

/** Waits for a message in a channel that says this; gives its text. */
export const untilText = (world: World, channel: string, words: RegExp): Promise<string> =>
  eventually(`a message in ${channel} that says ${words}`, () =>
    world.texts(channel).find((text) => words.test(text)),
  )

/** Waits for an answer that only this person sees; gives its text with its blocks. */
export const untilAnswer = (
  world: World,
  user: string,
  channel: string,
  words: RegExp,
): Promise<string> =>
  eventually(`an answer to ${user} that says ${words}`, () =>
    world.slack.state.channels
      .get(channel)
      ?.ephemerals.filter((answer) => answer.user === user)
      .map((answer) => JSON.stringify(answer))
      .find((text) => words.test(text)),
  )
