import type { KnownBlock, ModalView } from '@slack/types'

/** What Slack takes, in UTF-16 units, which is never less than its own count of characters. */
export const LIMITS = {
  /** `chat.update` refuses more than 4,000 of text; all blocks together fail undocumented from about 13,200. */
  message: { text: 4000, blocks: 50, total: 12_000 },
  modal: { title: 24, submit: 24, close: 24, blocks: 100, total: 250_000 },
  view: { privateMetadata: 3000, callbackId: 255 },
  id: 255,
  header: 150,
  section: { text: 3000, fields: 10, field: 2000 },
  context: { elements: 10, text: 3000 },
  actions: 25,
  button: { text: 75, value: 2000, url: 3000 },
  confirm: { title: 100, text: 300, button: 30 },
  option: { text: 75, value: 150, description: 75 },
  checkboxes: 10,
  overflow: 5,
  select: 100,
  placeholder: 150,
  input: { label: 2000, hint: 2000, value: 3000 },
} as const

export interface Content {
  readonly text: string
  readonly blocks: readonly KnownBlock[]
}

/** Collects what is wrong, each fault under the JSON pointer of its place. */
type Report = (pointer: string, problem: string) => void
type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null
const nodes = (value: unknown): readonly Node[] =>
  Array.isArray(value) ? value.filter(isNode) : []

function checkLength(value: unknown, max: number, at: string, report: Report): void {
  if (typeof value !== 'string' || value.length === 0) report(at, 'is empty')
  else if (value.length > max) report(at, `has ${value.length} characters, at most ${max} fit`)
}

function checkOptional(value: unknown, max: number, at: string, report: Report): void {
  if (value !== undefined) checkLength(value, max, at, report)
}

function checkText(value: unknown, max: number, at: string, report: Report): void {
  if (isNode(value)) checkLength(value['text'], max, `${at}/text`, report)
  else report(at, 'is missing')
}

function checkCount(list: readonly unknown[], max: number, at: string, report: Report): void {
  if (list.length === 0) report(at, 'is empty')
  if (list.length > max) report(at, `has ${list.length} items, at most ${max} fit`)
}

function checkOptions(element: Node, max: number, at: string, report: Report): void {
  const options = nodes(element['options'])
  checkCount(options, max, `${at}/options`, report)
  options.forEach((option, index) => {
    checkText(option['text'], LIMITS.option.text, `${at}/options/${index}/text`, report)
    checkLength(option['value'], LIMITS.option.value, `${at}/options/${index}/value`, report)
    if (option['description'] !== undefined)
      checkText(
        option['description'],
        LIMITS.option.description,
        `${at}/options/${index}/description`,
        report,
      )
  })
}

function checkConfirm(value: unknown, at: string, report: Report): void {
  if (!isNode(value)) return
  checkText(value['title'], LIMITS.confirm.title, `${at}/title`, report)
  checkText(value['text'], LIMITS.confirm.text, `${at}/text`, report)
  checkText(value['confirm'], LIMITS.confirm.button, `${at}/confirm`, report)
  checkText(value['deny'], LIMITS.confirm.button, `${at}/deny`, report)
}

type Check = (node: Node, at: string, report: Report) => void

const ELEMENTS: Readonly<Record<string, Check>> = {
  button(element, at, report) {
    checkText(element['text'], LIMITS.button.text, `${at}/text`, report)
    checkOptional(element['value'], LIMITS.button.value, `${at}/value`, report)
    checkOptional(element['url'], LIMITS.button.url, `${at}/url`, report)
    checkConfirm(element['confirm'], `${at}/confirm`, report)
  },
  overflow: (element, at, report) => checkOptions(element, LIMITS.overflow, at, report),
  checkboxes: (element, at, report) => checkOptions(element, LIMITS.checkboxes, at, report),
  static_select(element, at, report) {
    checkOptions(element, LIMITS.select, at, report)
    if (element['placeholder'] !== undefined)
      checkText(element['placeholder'], LIMITS.placeholder, `${at}/placeholder`, report)
  },
  plain_text_input(element, at, report) {
    if (Number(element['max_length'] ?? 0) > LIMITS.input.value)
      report(`${at}/max_length`, `is over ${LIMITS.input.value}`)
    if (element['placeholder'] !== undefined)
      checkText(element['placeholder'], LIMITS.placeholder, `${at}/placeholder`, report)
  },
}

function checkElement(value: unknown, at: string, report: Report): void {
  const check = isNode(value) ? ELEMENTS[String(value['type'])] : undefined
  if (!isNode(value) || check === undefined) return report(at, 'is of a kind that is not used here')
  checkLength(value['action_id'], LIMITS.id, `${at}/action_id`, report)
  check(value, at, report)
}

const BLOCKS: Readonly<Record<string, Check>> = {
  header: (block, at, report) => checkText(block['text'], LIMITS.header, `${at}/text`, report),
  section(block, at, report) {
    const fields = nodes(block['fields'])
    if (block['text'] !== undefined || fields.length === 0)
      checkText(block['text'], LIMITS.section.text, `${at}/text`, report)
    if (fields.length > 0) checkCount(fields, LIMITS.section.fields, `${at}/fields`, report)
    fields.forEach((field, index) =>
      checkLength(field['text'], LIMITS.section.field, `${at}/fields/${index}/text`, report),
    )
    if (block['accessory'] !== undefined)
      checkElement(block['accessory'], `${at}/accessory`, report)
  },
  context(block, at, report) {
    const elements = nodes(block['elements'])
    checkCount(elements, LIMITS.context.elements, `${at}/elements`, report)
    elements.forEach((element, index) =>
      checkLength(element['text'], LIMITS.context.text, `${at}/elements/${index}/text`, report),
    )
  },
  actions(block, at, report) {
    const elements = nodes(block['elements'])
    checkCount(elements, LIMITS.actions, `${at}/elements`, report)
    elements.forEach((element, index) => checkElement(element, `${at}/elements/${index}`, report))
    checkUnique(elements, 'action_id', `${at}/elements`, report)
  },
  input(block, at, report) {
    checkText(block['label'], LIMITS.input.label, `${at}/label`, report)
    if (block['hint'] !== undefined)
      checkText(block['hint'], LIMITS.input.hint, `${at}/hint`, report)
    checkElement(block['element'], `${at}/element`, report)
    checkLength(block['block_id'], LIMITS.id, `${at}/block_id`, report)
  },
}

function checkUnique(list: readonly Node[], key: string, at: string, report: Report): void {
  const seen = new Set<unknown>()
  list.forEach((node, index) => {
    const id = node[key]
    if (id === undefined) return
    if (seen.has(id)) report(`${at}/${index}/${key}`, `repeats ${JSON.stringify(id)}`)
    seen.add(id)
  })
}

function checkBlocks(blocks: readonly Node[], max: number, report: Report): void {
  if (blocks.length > max) report('/blocks', `has ${blocks.length} items, at most ${max} fit`)
  blocks.forEach((block, index) => {
    const at = `/blocks/${index}`
    checkOptional(block['block_id'], LIMITS.id, `${at}/block_id`, report)
    const check = BLOCKS[String(block['type'])]
    if (check === undefined) report(at, 'is of a kind that is not used here')
    else check(block, at, report)
  })
  checkUnique(blocks, 'block_id', '/blocks', report)
}

function checkMessage({ text, blocks }: Content, report: Report): void {
  checkLength(text, LIMITS.message.text, '/text', report)
  checkBlocks(nodes(blocks), LIMITS.message.blocks, report)
  const total = JSON.stringify(blocks).length
  if (total > LIMITS.message.total)
    report('/blocks', `is ${total} characters of JSON, at most ${LIMITS.message.total} are safe`)
}

function checkView(view: ModalView, report: Report): void {
  checkText(view.title, LIMITS.modal.title, '/title', report)
  if (view.submit !== undefined) checkText(view.submit, LIMITS.modal.submit, '/submit', report)
  if (view.close !== undefined) checkText(view.close, LIMITS.modal.close, '/close', report)
  checkOptional(view.callback_id, LIMITS.view.callbackId, '/callback_id', report)
  checkOptional(view.private_metadata, LIMITS.view.privateMetadata, '/private_metadata', report)
  const blocks = nodes(view.blocks)
  checkBlocks(blocks, LIMITS.modal.blocks, report)
  if (blocks.some((block) => block['type'] === 'input') && view.submit === undefined)
    report('/submit', 'is missing though there are inputs')
  const json = JSON.stringify(view)
  if (json.length > LIMITS.modal.total) report('/', 'is over 250 kB')
  if (json.includes('"confirm":{')) report('/blocks', 'has a confirm, which Slack breaks in modals')
}

/** What Slack would refuse, as `pointer problem`; empty when all is well. */
export function limitFaults(content: Content | ModalView): readonly string[] {
  const faults: string[] = []
  const report: Report = (pointer, problem) => faults.push(`${pointer} ${problem}`)
  if ('text' in content) checkMessage(content, report)
  else checkView(content, report)
  return faults
}

/** Throws a RangeError that names every fault by its JSON pointer, e.g. `/blocks/3/text/text has 3100 …`. */
export function assertWithinLimits(
  surface: 'message' | 'modal',
  content: Content | ModalView,
): void {
  const faults = limitFaults(content)
  if (faults.length > 0)
    throw new RangeError(`Slack would refuse this ${surface}: ${faults.join('; ')}`)
}
