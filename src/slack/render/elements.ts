import type {
  ActionsBlock,
  Button,
  ConfirmationDialog,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  MrkdwnElement,
  Overflow,
  PlainTextElement,
  PlainTextOption,
  SectionBlock,
} from '@slack/types'

import { thousands } from '../../domain/text.ts'
import type { PlanTokens, Tokens } from '../../domain/views.ts'
import { ACTION_IDS } from '../action-ids.ts'
import { clamp } from '../clamp.ts'
import { LIMITS } from '../limits.ts'
import { plain } from './mrkdwn.ts'

/** A message ready to be sent. `text` is what a lock screen and a screen reader get. */
export interface Rendered {
  readonly text: string
  readonly blocks: KnownBlock[]
}

export const plainTextOf = (text: string, max: number): PlainTextElement => ({
  type: 'plain_text',
  text: plain(text, max) || '–',
  emoji: true,
})

export const header = (text: string): HeaderBlock => ({
  type: 'header',
  text: plainTextOf(text, LIMITS.header),
})

/** Lines of mrkdwn; empty ones are left out. */
export const section = (...lines: readonly (string | null)[]): SectionBlock => ({
  type: 'section',
  text: markdown(clamp(joined(lines), LIMITS.section.text)),
})

export const context = (...lines: readonly (string | null)[]): ContextBlock => ({
  type: 'context',
  elements: [markdown(clamp(joined(lines), LIMITS.context.text))],
})

/** Verbatim: what merely looks like an address or a channel does not become a link that nobody of us made. */
const markdown = (text: string): MrkdwnElement => ({ type: 'mrkdwn', text, verbatim: true })

const joined = (lines: readonly (string | null)[]): string =>
  lines.filter((line) => line !== null && line !== '').join('\n') || '–'

/** The first few as lines, then how many more there are. */
export function firstFew<T>(
  items: readonly T[],
  max: number,
  line: (item: T) => string,
): readonly string[] {
  const shown = items.slice(0, max).map(line)
  const rest = items.length - shown.length
  return rest === 0 ? shown : [...shown, `and ${thousands(rest)} more`]
}

type ButtonName = keyof Tokens | keyof PlanTokens

const BUTTONS: Readonly<
  Record<ButtonName, { readonly label: string; readonly style?: 'primary' | 'danger' }>
> = {
  ack: { label: 'Acknowledge', style: 'primary' },
  pause: { label: 'Pause…', style: 'danger' },
  resume: { label: 'Resume…', style: 'primary' },
  throttle: { label: 'Throttle…' },
  failed: { label: 'Failed jobs' },
  status: { label: 'Status' },
  resolve: { label: 'Resolve' },
  unfreeze: { label: 'Unfreeze' },
  plan: { label: 'Preview…' },
  quarantine: { label: 'Quarantine…' },
  retry: { label: 'Retry…' },
  unstick: { label: 'Unstick…' },
  release: { label: 'Release…' },
  replay: { label: 'First 10…', style: 'primary' },
  next: { label: 'Next page' },
  probe: { label: 'Run…' },
  approve: { label: 'Approve', style: 'primary' },
  reject: { label: 'Reject', style: 'danger' },
  withdraw: { label: 'Withdraw' },
  stop: { label: 'Stop', style: 'danger' },
  undo: { label: 'Undo…' },
  signOff: { label: 'Sign off', style: 'primary' },
  again: { label: 'Plan again…' },
  hold: { label: 'Hold' },
  goOn: { label: 'Go on', style: 'primary' },
  promote: { label: 'Promote', style: 'primary' },
  rest: { label: 'Go on with the rest…', style: 'primary' },
  outcomes: { label: 'Outcomes' },
}

/** More do not fit side by side on a phone. */
export const MAX_BUTTONS = 5

/** What Slack asks once more before it tells of a click: a courtesy, never a safeguard. */
interface Confirm {
  readonly title: string
  readonly text: string
  readonly yes: string
  readonly no: string
}

/** Words in place of a button's usual ones, and what to ask before. */
export type Wording =
  | string
  | {
      readonly label: string
      readonly confirm?: Confirm
      /** Without colour: nothing that a hurried thumb should be drawn to. */
      readonly isPlain?: boolean
    }

export type Labels = Readonly<Partial<Record<ButtonName, Wording>>>

interface Offer {
  readonly name: ButtonName
  readonly token: string
  readonly label: string
  readonly confirm?: Confirm
  readonly isPlain?: boolean
}

const dialogOf = ({ title, text, yes, no }: Confirm): ConfirmationDialog => ({
  title: plainTextOf(title, LIMITS.confirm.title),
  text: plainTextOf(text, LIMITS.confirm.text),
  confirm: plainTextOf(yes, LIMITS.confirm.button),
  deny: plainTextOf(no, LIMITS.confirm.button),
})

const buttonOf = ({ name, token, label, confirm, isPlain }: Offer): Button => {
  const { style } = BUTTONS[name]
  const button: Button = {
    type: 'button',
    action_id: ACTION_IDS[name],
    text: plainTextOf(label, LIMITS.button.text),
    value: token,
    ...(confirm === undefined ? {} : { confirm: dialogOf(confirm) }),
  }
  return style === undefined || isPlain === true ? button : { ...button, style }
}

const optionOf = ({ token, label }: Offer): PlainTextOption => ({
  text: plainTextOf(label, LIMITS.option.text),
  value: token,
})

const overflowOf = (offers: readonly Offer[], actionId: string): Overflow => ({
  type: 'overflow',
  action_id: actionId,
  options: offers.slice(0, LIMITS.overflow).map(optionOf),
})

/**
 * Buttons for the tokens that there are, in the order given; beyond five, a menu takes the rest. `labels`
 * replaces the usual words of a button by ones that say more.
 */
export function actions<Name extends ButtonName>(
  tokens: Readonly<Partial<Record<Name, string>>>,
  order: readonly Name[],
  labels: Labels = {},
): readonly ActionsBlock[] {
  return rowOf(offersOf(tokens, order, labels), MAX_BUTTONS, ACTION_IDS.more)
}

/**
 * Likewise for what opens a preview, with at most `most` buttons. The menu's id says that a choice opens a window:
 * that has to be there within three seconds, before anybody has looked up what was chosen.
 */
export const previewActions = <Name extends ButtonName>(
  tokens: Readonly<Partial<Record<Name, string>>>,
  order: readonly Name[],
  most: number,
  labels: Labels = {},
): readonly ActionsBlock[] => rowOf(offersOf(tokens, order, labels), most, ACTION_IDS.plan)

const offersOf = <Name extends ButtonName>(
  tokens: Readonly<Partial<Record<Name, string>>>,
  order: readonly Name[],
  labels: Labels,
): readonly Offer[] =>
  order.flatMap((name): readonly Offer[] => {
    const token = tokens[name]
    return token === undefined ? [] : [{ name, token, ...wordingOf(name, labels) }]
  })

function wordingOf(name: ButtonName, labels: Labels): Omit<Offer, 'name' | 'token'> {
  const wording = labels[name] ?? BUTTONS[name].label
  return typeof wording === 'string' ? { label: wording } : wording
}

function rowOf(offers: readonly Offer[], most: number, menuId: string): readonly ActionsBlock[] {
  if (offers.length === 0) return []
  const shown = offers.slice(0, most).map(buttonOf)
  const rest = offers.slice(most)
  const menu = rest.length === 0 ? [] : [overflowOf(rest, menuId)]
  return [{ type: 'actions', elements: [...shown, ...menu] }]
}

/** Puts a message together; one that is too long as a whole loses the ends of its longest texts. */
export function message(
  text: string,
  ...parts: readonly (KnownBlock | readonly KnownBlock[])[]
): Rendered {
  const blocks = parts.flat().slice(0, LIMITS.message.blocks)
  return { text: clamp(text, MAX_TEXT) || 'Spillway', blocks: fit(blocks, LIMITS.message.total) }
}

/** What still reads as a notification. */
const MAX_TEXT = 500

/** Below this there is nothing left to take. */
const SHORTEST = 100

const textLength = (block: KnownBlock): number =>
  block.type === 'section' || block.type === 'context' ? JSON.stringify(block).length : 0

const shorten = (block: KnownBlock): KnownBlock => {
  if (block.type === 'section' && block.text !== undefined)
    return section(clamp(block.text.text, Math.floor(block.text.text.length * 0.7)))
  const [first] = block.type === 'context' ? block.elements : []
  if (first !== undefined && first.type === 'mrkdwn')
    return context(clamp(first.text, Math.floor(first.text.length * 0.7)))
  return block
}

function fit(blocks: readonly KnownBlock[], max: number): KnownBlock[] {
  let fitting = [...blocks]
  while (JSON.stringify(fitting).length > max) {
    const longest = Math.max(...fitting.map(textLength))
    if (longest < SHORTEST) return fitting
    const index = fitting.findIndex((block) => textLength(block) === longest)
    fitting = fitting.map((block, at) => (at === index ? shorten(block) : block))
  }
  return fitting
}
