import { ACTION_KINDS, type ActionKind } from './action.ts'
import { parseAuditFilter } from './audit-filter.ts'
import { type CommandForm, INCIDENT_FORMS, QUEUE_FORMS } from './command-forms.ts'
import { parseFailed, parseJob, parseJobs, parseVault } from './command-jobs.ts'
import { asTyped, isKeyword, plainText, splitWords, type Word } from './command-words.ts'
import type { IncidentCommand, PlanVerb, QueueCommand } from './command.ts'
import { OperatorError, type ProblemCode } from './errors.ts'
import { JOB_VERBS, parseJobCommand } from './job-grammar.ts'
import { parsePause, parseThrottleCommand } from './stop-grammar.ts'
import { suggest } from './suggest.ts'
import { splitTime } from './verify-grammar.ts'

const verbs = (forms: readonly CommandForm[]): readonly string[] => forms.map(({ verb }) => verb)

const refusal = (code: ProblemCode, happened: string, advice: string): OperatorError =>
  new OperatorError(code, happened, `Nothing was changed. ${advice}`)

interface Grammar {
  readonly name: 'queue' | 'incident'
  readonly forms: readonly CommandForm[]
}
const QUEUE: Grammar = { name: 'queue', forms: QUEUE_FORMS }
const INCIDENT: Grammar = { name: 'incident', forms: INCIDENT_FORMS }

function unknownVerb(typed: string, here: Grammar, other: Grammar): OperatorError {
  const word = typed.toLowerCase()
  if (verbs(other.forms).includes(word)) {
    const happened = `\`${word}\` is about ${other.name}s, not ${here.name}s.`
    return refusal('unknown_command', happened, `Say it after the ${other.name} command.`)
  }
  const meant = suggest(word, verbs(here.forms))
  const hint = meant === null ? '.' : `; did you mean \`${meant}\`?`
  const happened = `There is no command ${asTyped(typed)}${hint}`
  return refusal('unknown_command', happened, 'Say `help` for all commands.')
}

const only = (words: readonly Word[], verb: string): Word | null => {
  const [first, second] = words
  if (second === undefined) return first ?? null
  throw refusal(
    'bad_input',
    `\`${verb}\` takes one name, but ${asTyped(second.text)} follows it.`,
    'Put a name that holds blanks in quotes.',
  )
}

const none = (words: readonly Word[], verb: string): void => {
  const [first] = words
  if (first === undefined) return
  throw refusal(
    'bad_input',
    `\`${verb}\` takes nothing after it, but ${asTyped(first.text)} follows.`,
    `Say \`${verb}\` alone.`,
  )
}

const nameOf = (words: readonly Word[], verb: string): string | null =>
  only(words, verb)?.text ?? null

function parseFreeze(words: readonly Word[], text: string): QueueCommand {
  const [first] = words
  if (words.length === 1 && isKeyword(first, 'off')) return { kind: 'unfreeze' }
  const reason = plainText(text)
    .trim()
    .replace(/^\S+\s*/, '')
  return { kind: 'freeze', reason: reason === '' ? null : reason }
}

const isAction = (word: string): word is ActionKind =>
  ACTION_KINDS.some((action) => action === word)

/** `may pause email`, `may pause`; a second thought such as `may I pause email` is understood, too. */
function parseMay(words: readonly Word[]): QueueCommand {
  const [first, ...rest] = isKeyword(words[0], 'i') ? words.slice(1) : words
  const action = first?.text.toLowerCase() ?? ''
  if (isAction(action)) return { kind: 'may', action, queue: nameOf(rest, `may ${action}`) }
  const meant = suggest(action, ACTION_KINDS)
  const hint = meant === null ? '' : `; did you mean \`${meant}\`?`
  const happened =
    first === undefined
      ? 'After `may` an action is missing.'
      : `${asTyped(first.text)} is not an action${hint === '' ? '.' : hint}`
  throw refusal('bad_input', happened, `Say for example \`may ${ACTION_KINDS[0]} email\`.`)
}

const PLAN_NUMBER = /^(?:plan:?)?#?(\d{1,15})$/i

function planOf(words: readonly Word[], verb: string): number {
  const said = words.filter((word) => !isKeyword(word, 'plan'))
  const digits = PLAN_NUMBER.exec(only(said, verb)?.text ?? '')?.[1]
  if (digits !== undefined) return Number(digits)
  throw refusal(
    'bad_input',
    said[0] === undefined
      ? `After \`${verb}\` the number of a plan is missing.`
      : `${asTyped(said[0].text)} is not the number of a plan.`,
    `Say for example \`${verb} 42\`. \`pending\` shows what waits.`,
  )
}

type Parse = (words: readonly Word[], text: string) => QueueCommand

const queueOnly =
  (kind: 'status' | 'resume' | 'unthrottle'): Parse =>
  (words) => ({ kind, queue: nameOf(words, kind) })

const alone =
  (kind: 'held' | 'pending' | 'unfreeze'): Parse =>
  (words) => {
    none(words, kind)
    return { kind }
  }

const toPlan =
  (kind: PlanVerb | 'outcomes'): Parse =>
  (words) => ({ kind, plan: planOf(words, kind) })

/** `promote plan 42` is about the wave of a replay; anything else about delayed jobs. */
const parsePromote: Parse = (words) => {
  const [first, ...rest] = words
  return isKeyword(first, 'plan') && rest.length === 1
    ? { kind: 'promote_wave', plan: planOf(rest, 'promote plan') }
    : parseJobCommand('promote')(words)
}

const QUEUE_VERBS: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['help', () => ({ kind: 'help' })],
  ['list', (words) => ({ kind: 'list', filter: nameOf(words, 'list') })],
  ['status', queueOnly('status')],
  ['failed', parseFailed],
  ['jobs', parseJobs('jobs')],
  ['duplicates', parseJobs('duplicates')],
  ['corrupted', parseJobs('corrupted')],
  ['job', parseJob],
  ['vault', parseVault],
  ['outcomes', toPlan('outcomes')],
  ['pause', parsePause],
  ['throttle', parseThrottleCommand],
  ['resume', queueOnly('resume')],
  ['unthrottle', queueOnly('unthrottle')],
  ...JOB_VERBS.map((kind) => [kind, parseJobCommand(kind)] as const),
  ['promote', parsePromote],
  ['held', alone('held')],
  ['pending', alone('pending')],
  ['approve', toPlan('approve')],
  ['reject', toPlan('reject')],
  ['withdraw', toPlan('withdraw')],
  ['stop', toPlan('stop')],
  // What the button of a replay is called.
  ['halt', toPlan('stop')],
  ['hold', toPlan('hold')],
  ['go-on', toPlan('go_on')],
  ['audit', (words) => ({ kind: 'audit', filter: parseAuditFilter(words) })],
  ['may', parseMay],
  ['freeze', parseFreeze],
  ['unfreeze', alone('unfreeze')],
])

/**
 * What was typed after the queue command, in Slack's text form. Nothing means help. A name is taken as
 * typed; whether such a queue exists is decided later. Throws OperatorError (`unknown_command`,
 * `bad_duration`, `bad_input`) with what was probably meant.
 */
export function parseQueueCommand(text: string): QueueCommand {
  const [verb, ...words] = splitWords(text)
  if (verb === undefined) return { kind: 'help' }
  const parse = QUEUE_VERBS.get(verb.text.toLowerCase())
  if (parse === undefined) throw unknownVerb(verb.text, QUEUE, INCIDENT)
  return parse(words, text)
}

const NUMBER = /^#?(\d{1,15})$/

function numberOf(words: readonly Word[], verb: string): number | null {
  const word = only(words, verb)
  if (word === null) return null
  const digits = NUMBER.exec(word.text)?.[1]
  if (digits !== undefined) return Number(digits)
  throw refusal(
    'bad_input',
    `${asTyped(word.text)} is not the number of an incident.`,
    `Say for example \`${verb} 7\`, or \`${verb}\` alone in the incident's room. \`list\` shows the numbers.`,
  )
}

/**
 * What was typed after the incident command. Nothing means help; a number alone, its status. Throws
 * OperatorError (`unknown_command`, `bad_input`, `bad_duration`) with what was probably meant.
 */
export function parseIncidentCommand(text: string): IncidentCommand {
  const [verb, ...words] = splitWords(text)
  if (verb === undefined) return { kind: 'help' }
  const kind = verb.text.toLowerCase()
  if (NUMBER.test(kind)) return { kind: 'status', incidentId: numberOf([verb, ...words], 'status') }
  switch (kind) {
    case 'help':
      return { kind }
    case 'list':
      none(words, kind)
      return { kind }
    case 'status':
    case 'ack':
    case 'resolve':
      return { kind, incidentId: numberOf(words, kind) }
    case 'verify': {
      const { before, forMs } = splitTime(words)
      return { kind, incidentId: numberOf(before, kind), forMs }
    }
    default:
      throw unknownVerb(verb.text, INCIDENT, QUEUE)
  }
}

export type MentionCommand =
  | { readonly queue: QueueCommand }
  | { readonly incident: IncidentCommand }

const INCIDENT_ONLY: ReadonlySet<string> = new Set(['ack', 'resolve', 'verify'])

/** Both grammars at once: the verb says which one is meant, queues first where both know it. */
function parseEither(text: string): MentionCommand {
  const [verb, object] = splitWords(text)
  const word = verb?.text.toLowerCase() ?? ''
  const isAboutIncident =
    INCIDENT_ONLY.has(word) ||
    NUMBER.test(word) ||
    (word === 'status' && object?.text.startsWith('#') === true)
  if (isAboutIncident) return { incident: parseIncidentCommand(text) }
  const known = verbs(QUEUE_FORMS)
  const meant = known.includes(word) ? null : suggest(word, [...known, ...INCIDENT_ONLY])
  if (meant !== null && INCIDENT_ONLY.has(meant)) return { incident: parseIncidentCommand(text) }
  return { queue: parseQueueCommand(text) }
}

/**
 * The text of a message that mentions Spillway: what follows it, in the grammar of either
 * command, or after the word `queue` or `incident` in that one. Throws as the two parsers do.
 */
export function parseMention(text: string): MentionCommand {
  const said = text.replace(/^[^<]*(?:<@[^<>]*>[\s,:]*)+/, '')
  const named = /^\/?(queue|incident)(?:\s+|$)/i.exec(said)
  if (named === null) return parseEither(said)
  const rest = said.slice(named[0].length)
  return named[1]?.toLowerCase() === 'queue'
    ? { queue: parseQueueCommand(rest) }
    : { incident: parseIncidentCommand(rest) }
}
