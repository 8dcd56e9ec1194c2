import { expect, it } from 'vitest'

import { parseIncidentCommand, parseMention } from '../../../src/domain/command-grammar.ts'

const MINUTE_MS = 60_000

it.each([
  ['verify', null, null],
  ['verify 7', 7, null],
  ['verify #7 for 5m', 7, 5 * MINUTE_MS],
  ['VERIFY for 1h30m', null, 90 * MINUTE_MS],
  ['verify for 3 s', null, 3000],
  ['verify 12 5m', 12, 5 * MINUTE_MS],
  ['verify 5m', null, 5 * MINUTE_MS],
])('reads `%s`', (text, incidentId, forMs) => {
  const command = { kind: 'verify', incidentId, forMs }
  expect(parseIncidentCommand(text)).toEqual(command)
  expect(parseMention(`<@U0SPILLWAY> ${text}`)).toEqual({ incident: command })
})

it.each([
  ['verify fo 5m', /did you mean `for`/],
  ['verify for', /After `for` a time is missing/],
  ['verify for soon', /`soon` is not a time/],
  ['verify for 7h', /`7h` is too long a time/],
  ['verify email for 5m', /`email` is not the number of an incident/],
  ['verify 7 8 for 5m', /takes one name/],
])('refuses `%s`', (text, words) => {
  expect(() => parseIncidentCommand(text)).toThrow(words)
})
