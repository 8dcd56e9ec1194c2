import { matchesGlob } from '../domain/glob.ts'
import { checkProbes } from './check-probes.ts'
import { checkReplay } from './check-replay.ts'
import { checkApprovals, checkRoles } from './check-roles.ts'
import { suggestion, type Path, type Problem } from './problems.ts'
import type { ConfigFile } from './schema.ts'

/** What no single value shows: names that must exist, things said twice, tokens that do not fit the mode. */
export const checkFile = (file: ConfigFile): Problem[] => [
  ...checkSystems(file),
  ...checkGlobs(file),
  ...checkRules(file),
  ...checkRoles(file),
  ...checkApprovals(file),
  ...checkAlerts(file),
  ...checkSlack(file),
  ...checkAudit(file),
  ...checkVault(file),
  ...checkReplay(file),
  ...checkProbes(file),
  ...checkRest(file),
]

function checkSystems(file: ConfigFile): Problem[] {
  const systems = Object.entries(file.systems)
  if (systems.length === 0)
    return [
      { path: ['systems'], words: 'must name at least one system: Spillway watches nothing else.' },
    ]
  const place = (system: (typeof systems)[number][1]): string => `${system.url} ${system.prefix}`
  return systems.flatMap(([name, system], index) => {
    const twin = systems.slice(0, index).find(([, other]) => place(other) === place(system))
    return twin === undefined
      ? []
      : [
          {
            path: ['systems', name],
            words: `is the same place as \`${twin[0]}\` (url and prefix); keep one.`,
          },
        ]
  })
}

function checkGlobs(file: ConfigFile): Problem[] {
  const globs: { readonly path: Path; readonly glob: string }[] = [
    ...file.queues.map((rule, index) => ({ path: ['queues', index, 'match'], glob: rule.match })),
    ...Object.entries(file.roles).flatMap(([name, role]) =>
      role.queues.map((glob, index) => ({ path: ['roles', name, 'queues', index], glob })),
    ),
    ...file.policy.approvals.map((rule, index) => ({
      path: ['policy', 'approvals', index, 'match'],
      glob: rule.match,
    })),
    ...file.probes.flatMap((probe, index) =>
      probe.queues.map((glob, at) => ({ path: ['probes', index, 'queues', at], glob })),
    ),
  ]
  const systems = Object.keys(file.systems)
  return globs.flatMap(({ path, glob }) => {
    const words = globProblem(glob, systems)
    return words === null ? [] : [{ path, words }]
  })
}

/** A glob runs over `system/queue`: what stands before its first wildcard must fit some system. */
function globProblem(glob: string, systems: readonly string[]): string | null {
  const literal = glob.split(/[*?]/, 1)[0] ?? ''
  const isWhole = literal === glob
  const fits = (name: string): boolean =>
    literal.startsWith(`${name}/`) || (!isWhole && `${name}/`.startsWith(literal))
  if (systems.some(fits)) return null
  if (!literal.includes('/'))
    return `\`${glob}\` names no system; globs run over system/queue, for example \`${systems[0] ?? 'sales'}/${glob}\`.`
  const name = literal.slice(0, literal.indexOf('/'))
  return `there is no system \`${name}\`.${suggestion(name, systems)}`
}

function checkRules(file: ConfigFile): Problem[] {
  return file.queues.flatMap((rule, index) => {
    const above = file.queues
      .slice(0, index)
      .find((earlier) => coversGlob(earlier.match, rule.match))
    return above === undefined
      ? []
      : [
          {
            path: ['queues', index, 'match'],
            words: `is never reached, for \`${above.match}\` stands above it and the first match counts. Move it up.`,
          },
        ]
  })
}

/** True only if it is certain: a `?` of the first could stand for a `*` of the second. */
const coversGlob = (wide: string, narrow: string): boolean =>
  wide === narrow || (!wide.includes('?') && matchesGlob(wide, narrow))

function checkAlerts(file: ConfigFile): Problem[] {
  const { default_system: system } = file.alerts.mapping
  const known = Object.keys(file.systems)
  const unknown: Problem[] =
    system === null || known.includes(system)
      ? []
      : [
          {
            path: ['alerts', 'mapping', 'default_system'],
            words: `there is no system \`${system}\`.${suggestion(system, known)}`,
          },
        ]
  const repeated = (['alertmanager', 'json'] as const).filter((kind) => {
    const tokens = file.alerts[kind]?.bearer ?? []
    return new Set(tokens).size < tokens.length
  })
  return [
    ...unknown,
    ...repeated.map((kind) => ({
      path: ['alerts', kind, 'bearer'],
      words: 'holds the same token twice.',
    })),
  ]
}

function checkSlack({ slack }: ConfigFile): Problem[] {
  const problems: Problem[] = []
  const say = (key: string, words: string): void =>
    void problems.push({ path: ['slack', key], words })
  if (slack.mode === 'socket' && slack.app_token === null)
    say(
      'app_token',
      'is missing: Socket Mode needs the app-level token (xapp-…). Set SLACK_APP_TOKEN, or use mode: http.',
    )
  if (slack.mode === 'http' && slack.signing_secret === null)
    say(
      'signing_secret',
      'is missing: HTTP mode needs it to tell Slack from others. Set SLACK_SIGNING_SECRET, or use mode: socket.',
    )
  // A Slack of one's own, for tests and the demo, may use tokens of any shape.
  if (slack.api_url !== null) return problems
  if (!slack.bot_token.startsWith('xoxb-'))
    say('bot_token', 'must be a bot token (xoxb-…); this is another kind.')
  if (slack.app_token !== null && !slack.app_token.startsWith('xapp-'))
    say('app_token', 'must be an app-level token (xapp-…); this is another kind.')
  if (slack.signing_secret !== null && !/^[0-9a-f]{32}$/.test(slack.signing_secret))
    say('signing_secret', 'must be the signing secret of the app: 32 digits and letters a–f.')
  return problems
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** An anchor is one line, which Slack must show whole. */
const MAX_INSTANCE = 200

function checkAudit({ audit, slack, instance }: ConfigFile): Problem[] {
  const problems: Problem[] = []
  if (encodeURIComponent(instance).length > MAX_INSTANCE)
    problems.push({ path: ['instance'], words: 'is too long to stand in an anchor; shorten it.' })
  const every = audit.anchor_every
  const isRegular =
    every < HOUR_MS ? every % MINUTE_MS === 0 : every % HOUR_MS === 0 && every <= 24 * HOUR_MS
  if (!isRegular || every < MINUTE_MS)
    problems.push({
      path: ['audit', 'anchor_every'],
      words: 'must be whole minutes up to an hour, or whole hours up to 24h.',
    })
  if (audit.second?.bot_token === slack.bot_token)
    problems.push({
      path: ['audit', 'second', 'bot_token'],
      words: 'is that of slack.bot_token: the same workspace twice vouches for no more than once.',
    })
  return problems
}

/** Whoever is on call must have a working day to take something out again. */
function checkVault({ vault: { keep, warn } }: ConfigFile): Problem[] {
  if (keep === null) return []
  if (keep < DAY_MS)
    return [{ path: ['vault', 'keep'], words: 'must be at least 1d, or null to keep everything.' }]
  return warn < keep ? [] : [{ path: ['vault', 'warn'], words: 'must be shorter than vault.keep.' }]
}

function checkRest(file: ConfigFile): Problem[] {
  const problems: Problem[] = []
  if (file.database.url === null && file.database.app_url !== null)
    problems.push({
      path: ['database', 'app_url'],
      words: 'needs database.url beside it, for the migrations.',
    })
  if (file.commands.queue === file.commands.incident)
    problems.push({ path: ['commands', 'incident'], words: 'must differ from commands.queue.' })
  const { slack, http } = file
  if (
    slack.mode === 'http' &&
    slack.port !== 0 &&
    slack.port === http.port &&
    slack.host === http.host
  )
    problems.push({
      path: ['slack', 'port'],
      words: 'is the port of http, too; the two need one each.',
    })
  return problems
}
