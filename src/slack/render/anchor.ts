import { anchorLine } from '../../domain/audit-anchor.ts'
import type { AnchorNote } from '../../domain/message.ts'
import { thousands } from '../../domain/text.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code } from './mrkdwn.ts'

/** Never cut: half a line is no anchor. */
const LONGEST = 450

/** The head of the audit trail: the line is what `audit verify` reads back, in the text as in the block. */
export function renderAnchor(anchor: AnchorNote): Rendered {
  const line = anchorLine({ ...anchor, at: new Date(anchor.at) })
  return message(
    line,
    section(`:link: Audit trail up to entry ${thousands(anchor.seq)}`, code(line, LONGEST)),
    context('Kept here so that a change of the history behind it shows. `spillway audit verify`'),
  )
}
