import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { type CommandForm, INCIDENT_FORMS, QUEUE_FORMS } from '../../../src/domain/command-forms.ts'
import { parseIncidentCommand, parseQueueCommand } from '../../../src/domain/command-grammar.ts'

const EXAMPLES = new Map([
  ['queue', 'email'],
  ['name', 'email'],
  ['glob', 'out*'],
  ['tier', 'critical'],
  ['filter', 'type:a'],
  ['plan', '42'],
  ['number', '7'],
  ['#incident', '#7'],
  ['@person', '<@U0ANA>'],
  ['id', '4711'],
  ['action', 'pause'],
])

/** Everything that a form says can be typed: each part that may be left out with and without, each choice. */
function ways(takes: string): readonly string[] {
  const [part, open, inside = ''] = /([[<])([^[\]<>]*)[\]>](?!.*[[<])/.exec(takes) ?? []
  if (part === undefined) return [takes.replaceAll('«', '<').replaceAll('»', '>')]
  const choices = inside.split('|').map((choice) => EXAMPLES.get(choice) ?? choice)
  const typed = open === '[' ? ['', ...choices] : choices
  return typed.flatMap((choice) =>
    ways(takes.replace(part, choice.replace('<', '«').replace('>', '»'))),
  )
}

const typedForms = (forms: readonly CommandForm[]) =>
  forms.flatMap(({ verb, takes }) =>
    ways(takes).map((rest) => ({ verb, text: `${verb} ${rest}`.replaceAll(/ +/g, ' ').trim() })),
  )

/** What is understood as something else than its verb says. */
const KINDS = new Map([
  ['duplicates', ['jobs']],
  ['corrupted', ['jobs']],
  ['move', ['move', 'prioritize']],
  ['go-on', ['go_on']],
  ['promote', ['promote', 'promote_wave']],
])

describe('the forms of commands', () => {
  it('are understood in every way that help shows', () => {
    for (const { verb, text } of typedForms(QUEUE_FORMS))
      expect(KINDS.get(verb) ?? [verb]).toContain(parseQueueCommand(text).kind)
    for (const { verb, text } of typedForms(INCIDENT_FORMS))
      expect(parseIncidentCommand(text).kind).toBe(verb)
  })

  it('stand in the README as in help', () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const rows = [...readme.matchAll(/^\| (`\/(queue|incident) .*?) \|/gm)]
    const told = (command: string): readonly string[] =>
      rows
        .filter(([, , of]) => of === command)
        .flatMap(([, cell = '']) => [...cell.matchAll(/`(.*?)`/g)])
        .flatMap(([, span = '']) => {
          const plain = span.replaceAll('\\|', '|').replace(/^\/\w+ /, '')
          const [, verbs = '', takes = ''] = /^([\w-]+(?: · [\w-]+)*) ?(.*)$/.exec(plain) ?? []
          return verbs.split(' · ').map((verb) => `${verb} ${takes}`.trim())
        })
    const shown = (forms: readonly CommandForm[]): readonly string[] =>
      forms
        .filter(({ verb }) => verb !== 'help')
        .map(({ verb, takes }) => `${verb} ${takes}`.trim())
    expect(told('queue').toSorted()).toEqual(shown(QUEUE_FORMS).toSorted())
    expect(told('incident').toSorted()).toEqual(shown(INCIDENT_FORMS).toSorted())
  })
})
