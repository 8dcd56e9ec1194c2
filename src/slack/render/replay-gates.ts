import { gateLabel } from '../../domain/replay-words.ts'
import type { Gate, GateName } from '../../domain/replay.ts'
import { listing } from '../../domain/text.ts'
import { sentence } from './mrkdwn.ts'

const MAX_LINES = 4
const MAX_WORDS = 200

/** What people call a gate, safe as mrkdwn: a probe has the name that the configuration gives it. */
export const gateName = (name: GateName): string => sentence(gateLabel(name), 60)

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
  `${ICONS[state]} *${gateName(name)}*: ${sentence(words, MAX_WORDS)}`

/** How many are still to end is told by the bar; the other waves are in the line of outcomes. */
function pendingLine(gates: readonly Gate[]): readonly string[] {
  const telling = gates.filter(({ name }) => name !== 'ended')
  const told = telling.length === 0 ? gates : telling
  if (told.length === 0) return []
  const words = told.map((gate) => sentence(gate.words, 80) || gateName(gate.name))
  return [`${ICONS.pending} This wave: ${words.join(' · ')}`]
}

function goodLine(gates: readonly Gate[]): readonly string[] {
  if (gates.length === 0) return []
  const success = gates.find(({ name }) => name === 'success')
  const others = gates.filter((gate) => gate !== success).map(({ name }) => gateName(name))
  const numbers = success === undefined ? [] : [sentence(success.words, MAX_WORDS)]
  const fine = others.length === 0 ? [] : [`fine: ${listing(others)}`]
  return [`${ICONS.good} ${[...numbers, ...fine].join(' · ')}`]
}
