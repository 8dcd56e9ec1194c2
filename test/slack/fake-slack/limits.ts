import { z } from 'zod'

/**
 * Slack's documented limits, copied on purpose rather than imported from `src/slack/limits.ts`: that
 * table is what these check.
 */
type Surface = 'message' | 'modal' | 'home'

type Node = Readonly<Record<string, unknown>>
const Node = z.record(z.string(), z.unknown())

class Findings {
  readonly messages: string[] = []
  add(pointer: string, words: string): void {
    this.messages.push(`[ERROR] ${words} [json-pointer:${pointer}]`)
  }
}

const nodes = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.map((item) => Node.safeParse(item).data ?? {}) : []
const node = (value: unknown): Node | null => Node.safeParse(value).data ?? null

function text(
  found: Findings,
  at: string,
  value: unknown,
  max: number,
  kinds: readonly string[] = ['plain_text', 'mrkdwn'],
): void {
  const object = node(value)
  if (object === null) return found.add(at, 'missing required field')
  if (!kinds.includes(String(object['type']))) {
    found.add(`${at}/type`, `unsupported text type ${String(object['type'])}`)
  }
  const words = object['text']
  if (typeof words !== 'string' || words.length === 0) {
    return found.add(`${at}/text`, 'must be more than 0 characters')
  }
  if (words.length > max) found.add(`${at}/text`, `must be less than ${max + 1} characters`)
}

const plain = (found: Findings, at: string, value: unknown, max: number): void =>
  text(found, at, value, max, ['plain_text'])

function longest(found: Findings, at: string, value: unknown, max: number): void {
  if (value === undefined) return
  if (typeof value !== 'string') return found.add(at, 'must be a string')
  if (value.length > max) found.add(at, `must be less than ${max + 1} characters`)
}

function between(found: Findings, at: string, count: number, min: number, max: number): void {
  if (count < min) found.add(at, `must have at least ${min} items`)
  if (count > max) found.add(at, `must have at most ${max} items`)
}

function checkConfirm(found: Findings, at: string, element: Node, surface: Surface): void {
  const confirm = node(element['confirm'])
  if (confirm === null) return
  if (surface === 'modal') found.add(`${at}/confirm`, 'confirm does not work inside modals')
  plain(found, `${at}/confirm/title`, confirm['title'], 100)
  text(found, `${at}/confirm/text`, confirm['text'], 300)
  plain(found, `${at}/confirm/confirm`, confirm['confirm'], 30)
  plain(found, `${at}/confirm/deny`, confirm['deny'], 30)
}

function checkOptions(found: Findings, at: string, element: Node, min: number, max: number): void {
  const options = nodes(element['options'])
  between(found, `${at}/options`, options.length, min, max)
  for (const [index, option] of options.entries()) {
    const here = `${at}/options/${index}`
    text(found, `${here}/text`, option['text'], 75)
    longest(found, `${here}/value`, option['value'] ?? '', 150)
    if (option['description'] !== undefined)
      text(found, `${here}/description`, option['description'], 75)
  }
  const initial = node(element['initial_option'])
  if (initial !== null && !options.some((o) => JSON.stringify(o) === JSON.stringify(initial))) {
    found.add(`${at}/initial_option`, 'must be one of the options')
  }
}

function checkButton(found: Findings, at: string, element: Node): void {
  plain(found, `${at}/text`, element['text'], 75)
  longest(found, `${at}/value`, element['value'], 2000)
  longest(found, `${at}/url`, element['url'], 3000)
  const style = element['style']
  if (style !== undefined && style !== 'primary' && style !== 'danger') {
    found.add(`${at}/style`, 'must be primary or danger')
  }
}

type Check = (found: Findings, at: string, element: Node) => void

const ELEMENTS: Readonly<Record<string, Check>> = {
  button: checkButton,
  overflow: (found, at, element) => checkOptions(found, at, element, 1, 5),
  static_select: (found, at, element) => checkOptions(found, at, element, 1, 100),
  checkboxes: (found, at, element) => checkOptions(found, at, element, 1, 10),
  radio_buttons: (found, at, element) => checkOptions(found, at, element, 1, 10),
  image: (found, at, element) => {
    longest(found, `${at}/image_url`, element['image_url'], 3000)
    longest(found, `${at}/alt_text`, element['alt_text'], 2000)
  },
  plain_text_input: (found, at, element) => {
    if (Number(element['max_length'] ?? 0) > 3000) found.add(`${at}/max_length`, 'at most 3000')
    longest(found, `${at}/initial_value`, element['initial_value'], 3000)
  },
  plain_text: (found, at, element) => text(found, at, element, 3000),
  mrkdwn: (found, at, element) => text(found, at, element, 3000),
}

function checkElement(found: Findings, at: string, element: Node, surface: Surface): void {
  longest(found, `${at}/action_id`, element['action_id'], 255)
  if (element['placeholder'] !== undefined)
    plain(found, `${at}/placeholder`, element['placeholder'], 150)
  checkConfirm(found, at, element, surface)
  const check = ELEMENTS[String(element['type'])]
  if (check === undefined)
    return found.add(`${at}/type`, `unsupported element ${String(element['type'])}`)
  check(found, at, element)
}

function checkSection(found: Findings, at: string, block: Node, surface: Surface): void {
  const fields = nodes(block['fields'])
  if (block['text'] === undefined && fields.length === 0)
    found.add(at, 'section needs text or fields')
  if (block['text'] !== undefined) text(found, `${at}/text`, block['text'], 3000)
  if (block['fields'] !== undefined) between(found, `${at}/fields`, fields.length, 1, 10)
  for (const [index, field] of fields.entries()) text(found, `${at}/fields/${index}`, field, 2000)
  const accessory = node(block['accessory'])
  if (accessory !== null) checkElement(found, `${at}/accessory`, accessory, surface)
}

function checkElements(
  found: Findings,
  at: string,
  block: Node,
  surface: Surface,
  max: number,
): void {
  const elements = nodes(block['elements'])
  between(found, `${at}/elements`, elements.length, 1, max)
  for (const [index, element] of elements.entries())
    checkElement(found, `${at}/elements/${index}`, element, surface)
}

function checkInput(found: Findings, at: string, block: Node, surface: Surface): void {
  plain(found, `${at}/label`, block['label'], 2000)
  if (block['hint'] !== undefined) plain(found, `${at}/hint`, block['hint'], 2000)
  const element = node(block['element'])
  if (element === null) return found.add(`${at}/element`, 'missing required field')
  checkElement(found, `${at}/element`, element, surface)
}

function checkBlock(found: Findings, at: string, block: Node, surface: Surface): void {
  longest(found, `${at}/block_id`, block['block_id'], 255)
  switch (block['type']) {
    case 'section':
      return checkSection(found, at, block, surface)
    case 'header':
      return plain(found, `${at}/text`, block['text'], 150)
    case 'divider':
      return
    case 'context':
      return checkElements(found, at, block, surface, 10)
    case 'actions':
      return checkElements(found, at, block, surface, 25)
    case 'input':
      return checkInput(found, at, block, surface)
    case 'image':
      return checkElement(found, at, block, surface)
    default:
      return found.add(`${at}/type`, `unsupported type: ${String(block['type'])}`)
  }
}

function checkUnique(found: Findings, blocks: readonly Node[]): void {
  const blockIds = blocks.flatMap((block) => (block['block_id'] ? [block['block_id']] : []))
  if (new Set(blockIds).size < blockIds.length) found.add('/blocks', 'block_id must be unique')
  for (const [index, block] of blocks.entries()) {
    const actionIds = nodes(block['elements']).flatMap((element) =>
      element['action_id'] ? [element['action_id']] : [],
    )
    if (new Set(actionIds).size < actionIds.length)
      found.add(`/blocks/${index}/elements`, 'action_id must be unique within a block')
  }
}

function checkBlocks(found: Findings, blocks: unknown, surface: Surface): void {
  if (!Array.isArray(blocks)) return found.add('/blocks', 'must be an array')
  const list = nodes(blocks)
  between(
    found,
    '/blocks',
    list.length,
    surface === 'message' ? 0 : 1,
    surface === 'message' ? 50 : 100,
  )
  for (const [index, block] of list.entries()) checkBlock(found, `/blocks/${index}`, block, surface)
  checkUnique(found, list)
}

/** What Slack would put into `response_metadata.messages` for these blocks; empty if they are fine. */
export function faultsInBlocks(blocks: unknown): readonly string[] {
  const found = new Findings()
  checkBlocks(found, blocks, 'message')
  return found.messages
}

/** Slack's own safety limit, documented nowhere, seen at about 13,200 characters. */
export const isTooLong = (blocks: unknown): boolean => JSON.stringify(blocks ?? []).length > 13_200

/** The same for a view; `view_too_large` is a separate error, see `isViewTooLarge`. */
export function faultsInView(value: unknown): readonly string[] {
  const found = new Findings()
  const view = node(value)
  if (view === null) return ['[ERROR] must provide an object [json-pointer:/view]']
  const surface = view['type']
  if (surface !== 'modal' && surface !== 'home') found.add('/type', 'must be modal or home')
  if (surface === 'modal') plain(found, '/title', view['title'], 24)
  for (const label of ['submit', 'close'])
    if (view[label] !== undefined) plain(found, `/${label}`, view[label], 24)
  longest(found, '/private_metadata', view['private_metadata'], 3000)
  longest(found, '/callback_id', view['callback_id'], 255)
  checkBlocks(found, view['blocks'], surface === 'home' ? 'home' : 'modal')
  const hasInput = nodes(view['blocks']).some((block) => block['type'] === 'input')
  if (surface === 'modal' && hasInput && view['submit'] === undefined)
    found.add('/submit', 'is required when there is an input block')
  return found.messages
}

export const isViewTooLarge = (view: unknown): boolean => JSON.stringify(view).length > 250_000
