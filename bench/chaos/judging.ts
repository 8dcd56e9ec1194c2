import { OPS } from '../../test/helpers/config-of.ts'
import type { Person } from '../../test/slack/signed.ts'
import type { Ordered } from './orders.ts'
import type { Stage } from './scene.ts'

type Word = 'approve' | 'reject' | 'withdraw' | 'stop'

/** How a request may be met; what is said at once reaches either replica in any order. */
const WAYS = [
  'approve',
  'approve',
  'together',
  'own first',
  'reject',
  'reject',
  'withdraw',
  'withdraw',
  'at odds',
  'taken back',
  'nobody',
] as const

/** Other people say what they think of a request; the requester may try to as well. */
export async function judge(stage: Stage, plan: Ordered): Promise<void> {
  if (plan.state !== 'requested') return
  const { person, random } = stage
  const [one = person, two = person] = stage.others
  const tell = (who: Person, word: Word): Promise<unknown> => say(stage, who, word, plan)
  const approvedByBoth = async (): Promise<void> => {
    await tell(one, 'approve')
    await tell(two, 'approve')
  }
  switch (random.oneOf(WAYS)) {
    case 'approve':
      return approvedByBoth()
    case 'together':
      return both(tell(one, 'approve'), tell(two, 'approve'))
    case 'own first':
      await tell(person, 'approve')
      return approvedByBoth()
    case 'reject':
      return void (await tell(one, 'reject'))
    case 'withdraw':
      return void (await tell(person, 'withdraw'))
    case 'at odds':
      return both(approvedByBoth(), tell(two, 'reject'))
    case 'taken back':
      return both(approvedByBoth(), tell(person, 'withdraw'))
    case 'nobody':
  }
}

const both = async (...all: readonly Promise<unknown>[]): Promise<void> => {
  await Promise.allSettled(all)
}

/** By the button of a card in the ops channel, or by the plan's number. */
export async function say(
  { random }: Stage,
  who: Person,
  word: Word,
  { number }: Pick<Ordered, 'number'>,
): Promise<void> {
  if (random.isBelow(0.5)) {
    if (await isClicked(who, `spillway:${word}`)) return
  }
  await who.command('/queue', `${word} ${number}`, OPS)
}

/** False where the card is in a room, or not there yet. */
async function isClicked(who: Person, actionId: string): Promise<boolean> {
  try {
    return (await who.click(actionId, OPS)).status === 200
  } catch {
    return false
  }
}
