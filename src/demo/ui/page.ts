import { FrameShape, type UiChannel, type UiFrame, type UiMessage, type UiView } from './shapes.ts'

/** What the page shows, kept up to date by its frames. */
export interface Page {
  channels: readonly UiChannel[]
  readonly messages: Map<string, readonly UiMessage[]>
  stack: readonly UiView[]
  errors: Readonly<Record<string, string>> | null
  isReady: boolean
}

export const createPage = (): Page => ({
  channels: [],
  messages: new Map(),
  stack: [],
  errors: null,
  isReady: false,
})

const KNOWN: ReadonlySet<unknown> = new Set(FrameShape.options.map(({ shape }) => shape.t.value))

/** Takes a frame in; throws if one that matters has an unknown shape. */
export function readFrame(page: Page, text: string): void {
  const raw: unknown = JSON.parse(text)
  const kind = typeof raw === 'object' && raw !== null && 't' in raw ? raw.t : null
  if (KNOWN.has(kind)) applyFrame(page, FrameShape.parse(raw))
}

function applyFrame(page: Page, frame: UiFrame): void {
  switch (frame.t) {
    case 'init':
      page.channels = frame.state.channels
      page.stack = frame.state.modalStack
      page.messages.clear()
      for (const [id, messages] of Object.entries(frame.state.messages))
        page.messages.set(id, messages)
      page.isReady = true
      break
    case 'channel':
      page.channels = [...page.channels, frame.channel]
      break
    case 'view':
      page.stack = frame.stack
      break
    case 'view_errors':
      page.errors = frame.errors
      break
    case 'message':
    case 'message_update':
    case 'message_delete':
      applyMessage(page, frame)
      break
  }
}

function applyMessage(
  { messages }: Page,
  frame: Extract<UiFrame, { t: 'message' | 'message_update' | 'message_delete' }>,
): void {
  const channel = frame.t === 'message_delete' ? frame.channel : frame.message.channel
  const known = messages.get(channel) ?? []
  if (frame.t === 'message') messages.set(channel, [...known, frame.message])
  if (frame.t === 'message_update')
    messages.set(
      channel,
      known.map((message) => (message.ts === frame.message.ts ? frame.message : message)),
    )
  if (frame.t === 'message_delete')
    messages.set(
      channel,
      known.filter((message) => message.ts !== frame.ts),
    )
}
