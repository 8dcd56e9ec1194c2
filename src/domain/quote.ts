/** Control characters and those that reorder text, with which a name could be made to look like another. */
const DECEPTIVE = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

/** Invisible; whatever it stands in is no mention and no emoji any more. */
export const WORD_JOINER = '\u2060'

/** One line without characters that deceive. */
export const tidy = (text: string): string =>
  text.replace(DECEPTIVE, ' ').replace(/\s+/g, ' ').trim()

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** An @channel in a label must not wake up a channel. */
export const hush = (text: string): string =>
  text.replace(/@(?=channel|here|everyone|group)|<(?=!)/gi, (sign) => `${sign}${WORD_JOINER}`)

/** One line that mentions nobody, links nowhere and ends no span of code. */
export const escaped = (text: string): string => hush(escape(tidy(text).replaceAll('`', "'")))

const EMOJI = /:(?=[\w+'-]*[a-z][\w+'-]*:)/gi
/** Not within a `snake_case` name, where it formats nothing. */
const EMPHASIS = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu

/**
 * Somebody else's words for a place where mrkdwn is read: nothing in them mentions, links, formats or shows a
 * picture. Marks that would format are replaced by ones that look like them.
 */
export const inert = (text: string): string =>
  escaped(text)
    .replaceAll('*', '\u2217')
    .replaceAll('~', '\u223c')
    .replace(EMPHASIS, '\u02cd')
    .replace(EMOJI, `:${WORD_JOINER}`)

/** A name within a sentence of ours: in backticks, as it is but for characters that would end them. */
export const inCode = (name: string): string => `\`${escaped(name)}\``

const MAX_QUOTE = 500

/**
 * What a person typed, within a sentence of ours: in quotation marks, so that it cannot pose as something that
 * we say, and without effect.
 */
export const quote = (text: string): string => `“${inert(text.slice(0, MAX_QUOTE))}”`
