import { z } from 'zod'

const TextShape = z.union([z.string(), z.looseObject({ text: z.string() })])

const ElementShape = z.looseObject({
  type: z.string(),
  action_id: z.string().optional(),
  value: z.string().optional(),
  text: TextShape.optional(),
  options: z.array(z.looseObject({ value: z.string(), text: TextShape })).optional(),
})

const BlockShape = z.looseObject({
  type: z.string(),
  block_id: z.string().optional(),
  text: TextShape.optional(),
  label: TextShape.optional(),
  fields: z.array(TextShape).default([]),
  elements: z.array(ElementShape).default([]),
  accessory: ElementShape.optional(),
  element: ElementShape.optional(),
})

const MessageShape = z.looseObject({
  ts: z.string(),
  channel: z.string(),
  user: z.string().optional(),
  text: z.string().default(''),
  thread_ts: z.string().optional(),
  ephemeral_to: z.string().optional(),
  blocks: z.array(BlockShape).default([]),
})

const ViewShape = z.looseObject({
  id: z.string(),
  /** Whose modal it is; the shim says so. */
  owner: z.string().optional(),
  title: TextShape.optional(),
  submit: TextShape.nullish(),
  blocks: z.array(BlockShape).default([]),
})

const ChannelShape = z.looseObject({
  id: z.string(),
  name: z.string(),
  is_im: z.boolean().default(false),
  members: z.array(z.string()).default([]),
})

const StateShape = z.looseObject({
  channels: z.array(ChannelShape),
  messages: z.record(z.string(), z.array(MessageShape)),
  modalStack: z.array(ViewShape),
})

/** What the local Slack's page is sent and this demo's person reads; other frames are for the page alone. */
export const FrameShape = z.discriminatedUnion('t', [
  z.object({ t: z.literal('init'), state: StateShape }),
  z.object({ t: z.literal('message'), message: MessageShape }),
  z.object({ t: z.literal('message_update'), message: MessageShape }),
  z.object({ t: z.literal('message_delete'), channel: z.string(), ts: z.string() }),
  z.object({ t: z.literal('channel'), channel: ChannelShape }),
  z.object({ t: z.literal('view'), stack: z.array(ViewShape) }),
  z.object({ t: z.literal('view_errors'), errors: z.record(z.string(), z.string()) }),
])

export type UiFrame = z.infer<typeof FrameShape>
export type UiMessage = z.infer<typeof MessageShape>
export type UiView = z.infer<typeof ViewShape>
export type UiBlock = z.infer<typeof BlockShape>
export type UiElement = z.infer<typeof ElementShape>
export type UiChannel = z.infer<typeof ChannelShape>

const plain = (text: z.infer<typeof TextShape> | undefined): string =>
  typeof text === 'string' ? text : (text?.text ?? '')

const elementsOf = (block: UiBlock): readonly UiElement[] => [
  ...block.elements,
  ...(block.accessory === undefined ? [] : [block.accessory]),
]

const blockWords = (block: UiBlock): readonly string[] => [
  plain(block.text),
  plain(block.label),
  ...block.fields.map(plain),
  ...elementsOf(block).map((element) => plain(element.text)),
]

/** All words of a message or modal as a person reads them: buttons, fields and context too. */
export const wordsOf = (
  surface: Pick<UiMessage, 'blocks'> & { readonly text?: string | undefined },
): string =>
  [surface.text ?? '', ...surface.blocks.flatMap(blockWords)].filter((words) => words).join('\n')

export interface FoundElement {
  readonly blockId: string | undefined
  readonly element: UiElement
}

/** The first button or menu with this `action_id`, or null. */
export function findElement(message: UiMessage, actionId: string): FoundElement | null {
  for (const block of message.blocks) {
    const element = elementsOf(block).find(({ action_id: id }) => id === actionId)
    if (element !== undefined) return { blockId: block.block_id, element }
  }
  return null
}

/** What a click on the first button, or menu option, of this label sends; null if there is none. */
export function offerOf(message: UiMessage, label: string): object | null {
  for (const block of message.blocks)
    for (const { type, action_id, value, text, options = [] } of elementsOf(block)) {
      const at = { type, action_id, block_id: block.block_id }
      if (type === 'button' && plain(text) === label) return { ...at, value, text }
      const option = options.find((one) => plain(one.text) === label)
      if (option !== undefined) return { ...at, selected_option: option }
    }
  return null
}
