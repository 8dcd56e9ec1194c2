import { HIDDEN, hideNamed } from './redaction-names.ts'

/** Beyond this much text or depth nothing is looked at: it is left out instead. */
const MAX_INPUT = 64 * 1024
const MAX_DEPTH = 12

const SECRET_KEY = new RegExp(
  [
    'passw|passphrase|pwd|secret|token|authori[sz]ation|api[-_]?key|access[-_]?key|private[-_]?key',
    'credential|cookie|session|signature|otp|^pin$|^auth$|bearer|jwt',
    'card|cvv|cvc|iban|^bic$|account[-_]?(?:no|number)|routing|ssn|tax[-_]?id|passport',
    'e?[-_]?mail|phone|mobile|msisdn|^tel$|whatsapp|address|street|birth|^dob$',
    String.raw`(?:^|[-_.])pass$|^(?:connect\.)?sid$|^sig$`,
    '(?:first|last|full|given|family|sur)[-_]?name|^ip$|ip[-_]?addr',
  ].join('|'),
  'i',
)

/** A bare `name` is a person's under one of these, and a product's or template's elsewhere. */
const PERSON_KEY =
  /customer|client|user|person|people|contact|recipient|sender|patient|guest|payer|payee|owner|member|employee/i

const isHidden = (key: string, parent: string): boolean =>
  SECRET_KEY.test(key) || (/^name$/i.test(key) && PERSON_KEY.test(parent))

/**
 * Is a value at this path of a payload replaced, whatever it is? An index of a list counts as one, and as a key of
 * that name, for a path does not tell which it is.
 */
export function isHiddenPath(path: readonly string[]): boolean {
  let named = ''
  return path.some((key, at) => {
    const isOne = isHidden(key, path[at - 1] ?? '') || isHidden(key, named)
    if (!/^\d+$/.test(key)) named = key
    return isOne
  })
}

/** Each with a sign without which a text holds none of it: looking for that is a hundred times as quick. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}\.[\w-]{2,}(?:\.[\w-]*)?/g, 'eyJ'],
  [/\b(?:bearer|basic)\s+[\w.~+/=-]{6,}/gi, ''],
  [/(?<=:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,200}(?=@)/g, '://'],
  [
    /\b(?:xox[a-z]|xapp|sk|pk|rk|ghp|gho|github_pat|glpat|AKIA|ASIA)[-_]?[A-Za-z0-9][\w-]{11,}/g,
    '',
  ],
  [/(?<=hooks\.slack\.com\/)[^\s"'<>)[]+/gi, 'slack.com/'],
  [/(?<=\/api\/webhooks\/)[^\s"'<>)[]+/gi, '/api/webhooks/'],
  [/(?<=api\.telegram\.org\/bot)[^\s"'<>)/[]+/gi, 'telegram.org/'],
  [/\bAIza[\w-]{20,}/g, 'AIza'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, '@'],
  [/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/g, ''],
  [/(?<!\w)\+\d[\d ()-]{6,18}\d/g, '+'],
  [/\b[0-9a-f]{32,}\b/gi, ''],
]

const CARD = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g

/**
 * A payload that is safe to show: values under telling keys, and whatever looks like a token, a card, an
 * address or a long hex string, are replaced; the rest is cut at `maxLength` characters. Broken or
 * truncated JSON is repaired as far as it goes, else treated as plain text. Never throws.
 */
export function redactJson(text: string, { maxLength }: { readonly maxLength: number }): string {
  const whole = text.slice(0, MAX_INPUT)
  const parsed = parse(whole) ?? parse(repaired(whole))
  if (parsed === null)
    return cut(redactText(hideAfterKeys(whole), { maxLength: MAX_INPUT }), maxLength)
  const isPartial = parse(whole) === null || text.length > MAX_INPUT
  return cut(`${JSON.stringify(hide(parsed.value, 0))}${isPartial ? '…' : ''}`, maxLength)
}

/** The same patterns over plain text, such as an error message. */
export function redactText(text: string, { maxLength }: { readonly maxLength: number }): string {
  const plain = PATTERNS.reduce(
    (rest, [pattern, sign]) => (rest.includes(sign) ? rest.replace(pattern, HIDDEN) : rest),
    text.slice(0, MAX_INPUT),
  )
  return cut(
    hideNamed(plain).replace(CARD, (digits) => (isCardNumber(digits) ? HIDDEN : digits)),
    maxLength,
  )
}

/** The Luhn check: nine of ten order numbers are no card numbers. */
function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, '')
  let sum = 0
  for (const [index, digit] of [...digits].toReversed().entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

function hide(value: unknown, depth: number, parent = ''): unknown {
  if (typeof value === 'string') return redactText(value, { maxLength: MAX_INPUT })
  if (typeof value === 'number') {
    const text = String(value)
    return redactText(text, { maxLength: MAX_INPUT }) === text ? value : HIDDEN
  }
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '…'
  if (Array.isArray(value)) return value.map((item) => hide(item, depth + 1, parent))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      redactText(key, { maxLength: 200 }),
      isHidden(key, parent) && item !== null ? HIDDEN : hide(item, depth + 1, key),
    ]),
  )
}

function parse(text: string | null): { readonly value: unknown } | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return { value }
  } catch {
    return null
  }
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|[{}[\],]/gs
const MAX_OPEN = 100

/** Truncated JSON up to its last whole element, closed; null if there is nothing to close. */
function repaired(text: string): string | null {
  const open: string[] = []
  let whole = { end: 0, closers: '' }
  for (const { 0: token, index } of text.matchAll(JSON_TOKEN)) {
    const closer = { '{': '}', '[': ']' }[token]
    if (closer !== undefined) open.push(closer)
    else if ((token === '}' || token === ']') && open.pop() !== token) return null
    if (open.length > MAX_OPEN) return null
    if (!token.startsWith('"')) {
      whole = { end: token === ',' ? index : index + 1, closers: open.toReversed().join('') }
    }
  }
  return whole.end === 0 ? null : text.slice(0, whole.end) + whole.closers
}

/** For what is no JSON at all: `password=…`, `token: …`. */
const hideAfterKeys = (text: string): string =>
  text.replace(
    /([\w-]{1,60})("?\s{0,3}[:=]\s{0,3})("(?:[^"\\]|\\.)*"?|[^\s,;&}\]]+)/g,
    (match, key: string, sign: string) => (SECRET_KEY.test(key) ? `${key}${sign}${HIDDEN}` : match),
  )

const cut = (text: string, maxLength: number): string =>
  text.length <= maxLength ? text : `${text.slice(0, Math.max(0, maxLength - 1))}…`
