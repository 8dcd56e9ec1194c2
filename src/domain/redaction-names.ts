/** Stands in place of what is not shown. */
export const HIDDEN = '[redacted]'

/** What may follow a name: in quotes, also escaped ones, else up to a sign that ends it; never what is hidden already. */
const VALUE = String.raw`(?![("']?\[redacted\])(?:\\"[^"]*"?|"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&}\])'"]+)`

/** `: `, `=`, `": "`, and as PostgreSQL says it: `(token)=(`. */
const SIGN = String.raw`\\?["')]?\s?[:=]\s?\(?`

/** Names that mean nothing but a secret. A token may be one of JSON's, too: `Unexpected token '<'`. */
const WORD = 'passw(?:or)?d|passphrase|passcode|pwd|secret|api[-_ ]?key|credentials?'
const SURE = `${WORD}|token`

/** What is said of a password that is none: `is incorrect`, `is not set`, `was rejected`. */
const JUDGED = [
  '(?:in|un|re|mis|ex|de|dis|mal)[a-z]*|not|no|too|to|of|for|by|at|on|as|the|an?|or|and|only|also|still|now',
  'already|never|always|being|wrong|bad|correct|valid|missing|empty|blank|null|absent|short|long|weak|old|new',
  'same|set|ok|okay|given|provided|found|known|stale|leaked|locked|stored|hashed|needed|mandatory|optional|your',
].join('|')

/** Names of secrets in plain text, each with what stands between name and value, and the value. */
const RULES: readonly RegExp[] = [
  // Errors, numbers and kinds of secrets are none: `TokenExpiredError: jwt expired`, `max_tokens: 4096`.
  String.raw`\b(?![\w-]{0,30}tokens${SIGN}\d{1,7}\b)([\w-]{0,30}(?:${SURE}|authori[sz]ation)[\w-]{0,20}(?<!error|exception|count|limit|length|ttl|type)${SIGN})${VALUE}`,
  String.raw`\b((?:\w{0,30}[_-])?pass${SIGN})(?!\d{1,3}\b)${VALUE}`,
  String.raw`\b((?:set-)?cookie${SIGN}["']?)[\w.-]{1,60}=[^\s;,"']*(?:;\s?[\w.-]{1,60}(?:=[^\s;,"']*)?)*`,
  // After a colon these are said of as well: `signature: invalid`.
  String.raw`\b((?:[\w.-]{0,30}(?:session|signature)|(?:connect\.)?sid|(?:[\w.-]{0,30}[_.-])?(?:sig|pin|otp|cvv|cvc|cookie))(?:[-_]?(?:id|key|code))?["']?(?:\s?=\s?|\s?:\s?(?=[^\s,;]{0,200}\d)))${VALUE}`,
  String.raw`\b((?:${SURE})\s(?:is|was)\s)(?!(?:${JUDGED})(?![\w-]))${VALUE}`,
  String.raw`\b((?:${WORD})\s)(?:"[^"]{1,200}"|'[^']{1,200}')`,
  String.raw`\b((?:${SURE})\s(?:(?:is|was)\s)?["']?)(?=[^\s"']{0,200}\d)[\w.~+/=-]{6,}`,
  String.raw`\b((?:pin|otp|cvv|cvc)\s(?:(?:is|was|code)\s)?)\d{3,8}\b`,
  String.raw`([?&](?:key|auth|hash|hmac|jwt)=)[^\s&#"'[]+`,
  String.raw`\b((?:[\w-]{0,30}(?:phone|mobile|msisdn)|tel|fax)(?:[-_ ]?(?:number|no|nr))?["')]?\s?[:=.]?\s?["'(]{0,2})\d[\d ()/.-]{5,18}\d(?!\w)`,
].map((source) => new RegExp(source, 'gi'))

/** Without one of these there is nothing to find: looking for that is many times as quick. */
const ANY_NAME =
  /pass|pwd|secret|token|api[-_ ]?key|credential|authori|cookie|session|sid|sig|pin|otp|cv[vc]|[?&](?:key|auth|hash|hmac|jwt)=|phone|mobile|msisdn|tel|fax/i

/** Hides in a text what follows a telling name: `password=…`, `"access_token": "…"`, `Token … is invalid`. */
export const hideNamed = (text: string): string =>
  ANY_NAME.test(text) ? RULES.reduce((rest, rule) => rest.replace(rule, `$1${HIDDEN}`), text) : text
