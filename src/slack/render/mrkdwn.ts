import { queueKey, type QueueRef } from '../../domain/queue.ts'
import { escaped, hush, inert, tidy, WORD_JOINER } from '../../domain/quote.ts'
import { listing, thousands } from '../../domain/text.ts'
import { clamp, clampPlain } from '../clamp.ts'

/** Long enough for the names of the field, short enough that five fit on a phone. */
const NAME_LENGTH = 120
const MAX_URL = 1000

/** Somebody else's words (labels, annotations, errors, reasons) as harmless mrkdwn on one line. */
export const prose = (text: string, max: number): string => clamp(inert(text), max)

/** A name or value in backticks, exactly as it is but for characters that would end the span. */
export const code = (text: string, max = NAME_LENGTH): string => {
  const inside = clamp(escaped(text), max)
  return inside === '' ? '`?`' : `\`${inside}\``
}

/** Somebody's own words, marked as such. */
export const quoted = (text: string, max = 300): string => `“${prose(text, max)}”`

/** Several lines of somebody else's text in a fence. */
export const fenced = (lines: readonly string[], max: number): string => {
  const inside = lines.map((line) => clamp(escaped(line), max)).filter((line) => line !== '')
  return `\`\`\`${clamp(inside.join('\n'), max) || ' '}\`\`\``
}

export const queueName = (ref: QueueRef): string => code(queueKey(ref))

/** Somebody else's words for places without mrkdwn. `:send:` inside a queue name must not become an emoji. */
export const plain = (text: string, max: number): string =>
  clampPlain(hush(tidy(text)).replace(/(?<=[\w-]):(?=[\w+'-]+:)/g, `:${WORD_JOINER}`), max)

const PERSON = /^[UW][A-Za-z0-9_]{1,40}$/
const GROUP = /^S[A-Za-z0-9_]{1,40}$/
const CHANNEL = /^[CGD][A-Za-z0-9_]{1,40}$/

/** A person or a user group; what is neither is shown as it is, and calls nobody. */
export function mention(id: string): string {
  if (PERSON.test(id)) return `<@${id}>`
  return GROUP.test(id) ? `<!subteam^${id}>` : code(id)
}

/** More names than these are a crowd, not an address. */
const MAX_PEOPLE = 5

/** `@ana, @ben and 3 more`. */
export function people(ids: readonly string[]): string {
  const named = ids.slice(0, MAX_PEOPLE).map(mention).join(', ')
  const rest = ids.length - MAX_PEOPLE
  return rest > 0 ? `${named} and ${thousands(rest)} more` : named
}

export const channel = (id: string | null): string | null =>
  id !== null && CHANNEL.test(id) ? `<#${id}>` : null

/** Where something is posted: channels by id or name; none named for a room that is not open yet. */
export const places = (channels: readonly string[]): string =>
  channels.length === 0
    ? "the incident's room"
    : listing(channels.map((id) => channel(id) ?? code(id)))

/** A link, or null where the address is not one that people should open. */
export function link(url: string | null | undefined, label: string): string | null {
  if (url === null || url === undefined || url.length > MAX_URL || !URL.canParse(url)) return null
  const { protocol, href } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return null
  const target = href.replaceAll('|', '%7C').replaceAll('>', '%3E').replaceAll('<', '%3C')
  return `<${target.replaceAll('&', '&amp;')}|${prose(label, 80).replaceAll('|', '/')}>`
}

const KEPT = /<(?:@[UW]|#[CGD])[A-Za-z0-9_]{1,40}>/g

const balanced = (text: string): string =>
  ((text.match(/`/g) ?? []).length & 1) === 1 ? text.replaceAll('`', "'") : text

/** Our own sentences, which name people and channels but may quote somebody: only those two stay markup. */
export function sentence(words: string, max: number): string {
  const text = balanced(tidy(words))
  let out = ''
  let end = 0
  for (const kept of text.matchAll(KEPT)) {
    out += escapeOnce(text.slice(end, kept.index)) + kept[0]
    end = kept.index + kept[0].length
  }
  return clamp(hush(out + escapeOnce(text.slice(end))), max)
}

/** Escapes what is not escaped yet, as sentences may come from either side. */
const escapeOnce = (text: string): string =>
  text
    .replace(/&(?!(?:amp|lt|gt);)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
