import type { KnownBlock, ModalView } from '@slack/types'

import { LIMITS } from '../limits.ts'
import { plainTextOf } from './elements.ts'

/** A modal; with `submit` it can be sent, else only closed. Text that is too long is cut. */
export function modal(parts: {
  readonly title: string
  readonly blocks: readonly KnownBlock[]
  readonly submit?: string
  readonly callbackId?: string
  readonly privateMetadata?: string
}): ModalView {
  const { submit, callbackId, privateMetadata } = parts
  return {
    type: 'modal',
    title: plainTextOf(parts.title, LIMITS.modal.title),
    close: plainTextOf(submit === undefined ? 'Close' : 'Cancel', LIMITS.modal.close),
    blocks: parts.blocks.slice(0, LIMITS.modal.blocks),
    ...(submit === undefined ? {} : { submit: plainTextOf(submit, LIMITS.modal.submit) }),
    ...(callbackId === undefined ? {} : { callback_id: callbackId }),
    ...(privateMetadata === undefined ? {} : { private_metadata: privateMetadata }),
  }
}
