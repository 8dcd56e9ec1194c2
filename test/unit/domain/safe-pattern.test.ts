import { expect, it } from 'vitest'

import { MAX_PATTERN, safePattern, SEARCHED_LENGTH } from '../../../src/domain/safe-pattern.ts'

it.each([
  ['ETIMEDOUT', 'connect ETIMEDOUT 10.0.0.7', 'connect etimedout'],
  ['(?i)timed? ?out', 'Timeout of 3 s', 'time'],
  ['^code 5\\d\\d$', 'code 503', 'code 429'],
  ['5\\d\\d|\\bOOM\\b', 'worker OOM killed', 'ZOOM'],
])('%s is found in %j, not in %j', (source, yes, no) => {
  const isFound = safePattern(source)
  expect([isFound(yes), isFound(no)]).toEqual([true, false])
})

it.each([
  ['', 'it is empty'],
  ['(a', 'missing closing )'],
  ['a**', 'invalid nested repetition operator'],
  ['(a)\\1', 'invalid escape sequence'],
  ['(?=a)', 'unsupported'],
  ['(?<!a)b', 'invalid'],
  ['.{500}', 'repeats too much'],
  ['((a{1,100}){1,100}){1,100}', 'repeat'],
  ['a'.repeat(MAX_PATTERN + 1), 'longer than'],
])('%j is refused: %s', (source, fault) => {
  expect(() => safePattern(source)).toThrow(fault)
})

// Each of these takes a backtracking engine longer than anybody waits.
it.each([
  ['(a+)+$', 'a'],
  ['(a|aa)+$', 'a'],
  ['(.*)*x$', 'a'],
  ['(\\w+\\s?)+[A-Z]{20}$', 'ab '],
  ['(x+x+)+y', 'x'],
  ['.*a.{50}c', 'ab'],
])('%s is done with any text', (source, part) => {
  const isFound = safePattern(source)
  for (let index = 0; index < 100; index += 1)
    expect(isFound(`${part.repeat(SEARCHED_LENGTH / part.length - 10)}${index}!`)).toBe(false)
})

it('searches the beginning of a long text', () => {
  const isFound = safePattern('needle')
  expect(isFound(`needle${'.'.repeat(1_000_000)}`)).toBe(true)
  expect(isFound(`${'.'.repeat(SEARCHED_LENGTH)}needle`)).toBe(false)
})
