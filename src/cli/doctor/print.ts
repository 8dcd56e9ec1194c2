import { styleText } from 'node:util'

import type { Area, Finding, Level } from './finding.ts'

const TITLES: Readonly<Record<Area, string>> = {
  configuration: 'Configuration',
  database: 'Database',
  systems: 'Systems',
  probes: 'Probes',
  slack: 'Slack',
  people: 'People and roles',
}
const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const

export const countOf = (findings: readonly Finding[], level: Level): number =>
  findings.filter((finding) => finding.level === level).length

/** For a terminal: by area, each problem with what to do, and a closing line. */
export function printFindings(findings: readonly Finding[], isColoured: boolean): string {
  const mark = (level: Level): string =>
    isColoured ? styleText(COLOURS[level], level.padEnd(4)) : level.padEnd(4)
  const areas = [...new Set(findings.map(({ area }) => area))]
  const parts = areas.map((area) => {
    const lines = findings
      .filter((finding) => finding.area === area)
      .map(
        ({ level, what, next }) =>
          `  ${mark(level)}  ${what}${next === null ? '' : `\n        → ${next}`}`,
      )
    return `${TITLES[area]}\n${lines.join('\n')}\n`
  })
  return `${parts.join('\n')}\n${verdict(findings)}\n`
}

function verdict(findings: readonly Finding[]): string {
  const fails = countOf(findings, 'fail')
  const warns = countOf(findings, 'warn')
  if (fails === 0 && warns === 0) return 'All is well.'
  const warnings = warns === 0 ? '' : `${warns} to look at`
  return fails === 0
    ? `Spillway can work; ${warnings}.`
    : `${fails} to put right first${warnings === '' ? '' : `, ${warnings}`}.`
}
