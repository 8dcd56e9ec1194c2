import type { Gate, GateName } from '../../domain/replay.ts'
import { listing } from '../../domain/text.ts'
import { sentence } from './mrkdwn.ts'

const MAX_LINES = 4
const MAX_WORDS = 200

const LABELS: Readonly<Record<Exclude<GateName, `probe:${string}`>, string>> = {
  success: 'success',
  new_errors: 'new errors',
  ended: 'ended',
  live: 'other jobs',
  waiting: 'waiting time',
  workers: 'workers',
  running: 'queue runs',
  alerts: 'alerts',
  redis: 'Redis',
}

const PROBE = 'probe:'

const isPlain = (name: string): name is keyof typeof LABELS => Object.hasOwn(LABELS, name)

/** What people call a gate; a probe by the name that the configuration gives it. */
export function gateLabel(name: string): string {
  if (isPlain(name)) return LABELS[name]
  return sentence(name.startsWith(PROBE) ? name.slice(PROBE.length) : name, 60)
}

const ICONS: Readonly<Record<Gate['state'], string>> = {
  bad: ':x:',
  unknown: ':grey_question:',
  pending: ':hourglass_flowing_sand:',
  good: ':white_check_mark:',
}

/**
 * What is bad or not known first, a line each with its numbers; what is still to come and what is good, folded into
 * one line each. The share of success keeps its numbers also when it is good: they are what people ask for.
 */
export function gateLines(gates: readonly Gate[]): readonly string[] {
  const of = (state: Gate['state']): readonly Gate[] => gates.filter((gate) => gate.state === state)
  const troubles = [...of('bad'), ...of('unknown')]
  const rest = troubles.length - MAX_LINES
  return [
    ...troubles.slice(0, MAX_LINES).map(gateLine),
    ...(rest > 0 ? [`and ${rest} more`] : []),
    ...pendingLine(of('pending')),
    ...goodLine(of('good')),
  ]
}

const gateLine = ({ name, state, words }: Gate): string =>
  `${ICONS[state]} *${gateLabel(name)}*: ${sentence(words, MAX_WORDS)}`

const pendingLine = (gates: readonly Gate[]): readonly string[] =>
  gates.length === 0
    ? []
    : [
        `${ICONS.pending} ${gates.map(({ name, words }) => sentence(words, 80) || gateLabel(name)).join(' · ')}`,
      ]

function goodLine(gates: readonly Gate[]): readonly string[] {
  if (gates.length === 0) return []
  const success = gates.find(({ name }) => name === 'success')
  const others = gates.filter((gate) => gate !== success).map(({ name }) => gateLabel(name))
  const numbers = success === undefined ? [] : [sentence(success.words, MAX_WORDS)]
  const fine = others.length === 0 ? [] : [`fine: ${listing(others)}`]
  return [`${ICONS.good} ${[...numbers, ...fine].join(' · ')}`]
}
