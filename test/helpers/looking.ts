import { eventually } from './eventually.ts'
import type { World } from './world.ts'

const modalsOf = (world: World, user: string): readonly string[] =>
  [...world.slack.state.views.values()]
    .filter((one) => one.user === user && one.isOpen)
    .map(({ view }) => JSON.stringify(view))

/** Waits until a modal that a person has open says this; gives its whole text. */
export const untilModal = (world: World, user: string, words: RegExp): Promise<string> =>
  eventually(
    `a modal of ${user} that says ${words}`,
    () => modalsOf(world, user).find((text) => words.test(text)),
    () => modalsOf(world, user),
  )

/** Waits for a message in a channel that says this; gives its text. */
export const untilText = (world: World, channel: string, words: RegExp): Promise<string> =>
  eventually(
    `a message in ${channel} that says ${words}`,
    () => world.texts(channel).find((text) => words.test(text)),
    () => world.texts(channel),
  )

/** What only this person sees in a channel, oldest first; with blocks, as JSON. */
export const answersTo = (world: World, user: string, channel: string): readonly string[] =>
  (world.slack.state.channels.get(channel)?.ephemerals ?? [])
    .filter((answer) => answer.user === user)
    .map((answer) => JSON.stringify(answer))

/** Waits for an answer that only this person sees; gives its text with its blocks. */
export const untilAnswer = (
  world: World,
  user: string,
  channel: string,
  words: RegExp,
): Promise<string> =>
  eventually(
    `an answer to ${user} that says ${words}`,
    () => answersTo(world, user, channel).find((text) => words.test(text)),
    () => answersTo(world, user, channel),
  )

/** Blocks of the headline, the first message of a room, as JSON. */
export const headlineOf = (world: World, room: string): string =>
  JSON.stringify(world.slack.state.channels.get(room)?.messages[0]?.blocks ?? [])

/** The token behind a button of the headline. Throws if it has no such button. */
export function tokenOn(world: World, room: string, actionId: string): string {
  const found = new RegExp(`"action_id":"${actionId}"[^}]*}?[^}]*"value":"([^"]+)"`).exec(
    headlineOf(world, room),
  )
  if (found?.[1] === undefined) throw new Error(`no ${actionId} on ${headlineOf(world, room)}`)
  return found[1]
}

/** Waits until the headline of a room says this. */
export const untilHeadline = (world: World, room: string, words: RegExp): Promise<unknown> =>
  eventually(
    `a headline in ${room} that says ${words}`,
    () => words.test(headlineOf(world, room)),
    () => headlineOf(world, room),
  )
