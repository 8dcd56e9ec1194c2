import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml'
import type { z } from 'zod'

import { suggest } from '../domain/suggest.ts'

/** Where in the file a value is: keys and list positions. */
export type Path = readonly (string | number)[]

/** Something that must be put right before Spillway can start. Never holds a value that may be secret. */
export interface Problem {
  readonly path: Path
  readonly words: string
}

/** `queues[2].match`, as people write it. */
function pathText(path: Path): string {
  const text = path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
  return text === '' ? '(the whole file)' : text
}

/** ` Did you mean …?` when a known word is near enough to be a typo's target, else nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const meant = suggest(word, known)
  return meant === null ? '' : ` Did you mean \`${meant}\`?`
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a section with keys',
  record: 'a section with keys',
  array: 'a list',
}

const kindOf = (value: unknown): string => {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return KINDS[typeof value] ?? typeof value
}

/** Words for zod's own issues; returns undefined where zod's message is good enough. */
export const describeIssue: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type')
    return issue.input === undefined
      ? 'is missing.'
      : `must be ${KINDS[issue.expected] ?? issue.expected}, not ${kindOf(issue.input)}.`
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const given = typeof issue.input === 'string' ? suggestion(issue.input, values) : ''
    return `must be one of ${values.join(', ')}.${given}`
  }
  if (issue.code === 'too_small')
    return issue.origin === 'string' || issue.origin === 'array'
      ? 'must not be empty.'
      : `must be at least ${issue.minimum}.`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}.`
  // A bad key of a record is told at the key, in the words of the key's own rule.
  return issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined
}

/** One problem per unknown key, each at the key itself; `section` gives a line of words for each. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol')
    if (issue.code !== 'unrecognized_keys') return [{ path, words: issue.message }]
    const words = issue.message.split('\n')
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      words: words[index] ?? 'is not a known key.',
    }))
  })
}

function childAt(node: unknown, step: string | number): { at: unknown; value: unknown } | null {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isScalar(item.key) && String(item.key.value) === `${step}`,
    )
    return pair === undefined ? null : { at: pair.key, value: pair.value }
  }
  if (isSeq(node) && typeof step === 'number') {
    const value = node.items[step]
    return value === undefined ? null : { at: value, value }
  }
  return null
}

/** The line where the path's deepest existing part begins; null if the file has nothing of it. */
export function lineOf(document: Document, lines: LineCounter, path: Path): number | null {
  let node: unknown = document.contents
  let line: number | null = null
  for (const step of path) {
    const child = childAt(node, step)
    if (child === null) break
    const range = (child.at as Node | null)?.range
    if (range) line = lines.linePos(range[0]).line
    node = child.value
  }
  return line
}

/** All problems, a line each, in the order of the file. */
export function problemList(
  problems: readonly Problem[],
  line: (path: Path) => number | null,
): string {
  return problems
    .map((problem) => ({ ...problem, line: line(problem.path) }))
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
    .map((problem) => {
      const where = problem.line === null ? '' : ` (line ${problem.line})`
      return `  ${pathText(problem.path)}${where}: ${problem.words}`
    })
    .join('\n')
}
