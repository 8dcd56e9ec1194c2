import type { ModalView } from '@slack/types'
import fc from 'fast-check'

import { limitFaults, type Content } from '../../../../src/slack/limits.ts'

/** The texts that Slack reads as markup. */
function markup(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(markup)
  if (typeof node !== 'object' || node === null) return []
  const { type, text } = node as { readonly type?: unknown; readonly text?: unknown }
  return type === 'mrkdwn' && typeof text === 'string'
    ? [text]
    : Object.values(node).flatMap(markup)
}

const ENTITY = /<(?:@|#|!subteam\^S)[A-Za-z0-9_]+>|<https?:[^<>|]+\|[^<>|]+>/g

/** What Slack would act on though nobody meant it: pings, links under a false name, half markup. */
function dangers(text: string): readonly string[] {
  const bare = text.replaceAll(ENTITY, '')
  const isOdd = (text.match(/`/g) ?? []).length % 2 === 1
  return [
    ...(/[<>]/.test(bare) ? [`stray angle in ${bare}`] : []),
    ...(/@(?:channel|here|everyone)/i.test(text) ? [`ping in ${text}`] : []),
    ...(/<https?:\/\/evil[^>]*\|Approve/.test(text) ? [`false link in ${text}`] : []),
    ...(/\p{Cs}/u.test(text) ? [`half a character in ${text}`] : []),
    ...(isOdd ? [`open span in ${text}`] : []),
  ]
}

/** What is wrong with a message or modal: beyond Slack's limits, or a danger to whoever reads it. */
export function faults(content: Content | ModalView): readonly string[] {
  const notification = 'text' in content ? [content.text] : []
  return [...limitFaults(content), ...[...notification, ...markup(content)].flatMap(dangers)]
}

/** The simplest input whose rendering has a fault, in words; null if none was found. */
export function counterexample<T>(
  view: fc.Arbitrary<T>,
  render: (view: T) => Content | ModalView,
): string | null {
  const property = fc.property(view, (value) => {
    const found = faults(render(value))
    if (found.length > 0) throw new Error(found.join('; '))
  })
  const details = fc.check(property, { numRuns: 60 })
  return details.failed ? (fc.defaultReportMessage(details) ?? 'it failed') : null
}
