import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { LineCounter, parseDocument } from 'yaml'

import { OperatorError } from '../domain/errors.ts'
import { buildConfig } from './build.ts'
import { checkFile } from './checks.ts'
import {
  describeIssue,
  lineOf,
  problemList,
  problemsOf,
  type Path,
  type Problem,
} from './problems.ts'
import { fileSchema, type ConfigFile } from './schema.ts'
import { substitute, type Env } from './substitute.ts'
import type { Config } from './types.ts'

export interface ConfigSource {
  /** What `--config` said. */
  readonly path?: string
  readonly env: Env
  readonly cwd: string
}

/**
 * Reads `--config`, else `$SPILLWAY_CONFIG`, else `./spillway.yml`. Throws `OperatorError('bad_input')`
 * that lists every problem with its path and line; no message holds a value that may be secret.
 */
export function loadConfig({ path, env, cwd }: ConfigSource): Config {
  const file = resolve(cwd, path ?? env['SPILLWAY_CONFIG'] ?? 'spillway.yml')
  return parseConfig(readText(file), { env, file })
}

/** The text of a `spillway.yml` → Config. `file` is named in messages and anchors relative paths. */
export function parseConfig(
  text: string,
  { env, file }: { readonly env: Env; readonly file: string },
): Config {
  const lines = new LineCounter()
  // Pretty errors quote the file, and a quoted line may hold a secret.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    const faults = document.errors.map(
      (error) => `  line ${lines.linePos(error.pos[0]).line}: ${error.message}${flowHint(text)}`,
    )
    throw refusal(file, faults.join('\n'), faults.length)
  }
  const read = readValue(document.toJS(), env)
  if (Array.isArray(read)) {
    const list = problemList(read, (path: Path) => lineOf(document, lines, path))
    throw refusal(file, list, read.length)
  }
  return buildConfig(read, dirname(file))
}

const flowHint = (text: string): string =>
  /[{,][^'"\n]*:\s*\$\{/.test(text)
    ? ' Inside { } on one line, ${…} must be in quotes: {url: "${REDIS_URL}"}.'
    : ''

function readValue(raw: unknown, env: Env): ConfigFile | Problem[] {
  const { value, problems } = substitute(withEnvironment(raw ?? {}, env), env)
  const parsed = fileSchema.safeParse(value, { error: describeIssue })
  const invalid = parsed.success ? checkFile(parsed.data) : problemsOf(parsed.error)
  // What came out empty for want of a variable is told once, at the variable.
  const told = new Set(problems.map(({ path }) => path.join('\n')))
  const all = [...problems, ...invalid.filter(({ path }) => !told.has(path.join('\n')))]
  return parsed.success && all.length === 0 ? parsed.data : all
}

const FROM_ENVIRONMENT = [
  ['slack', 'bot_token', 'SLACK_BOT_TOKEN'],
  ['slack', 'app_token', 'SLACK_APP_TOKEN'],
  ['slack', 'signing_secret', 'SLACK_SIGNING_SECRET'],
  ['database', 'url', 'DATABASE_URL'],
] as const

/** What the file leaves out and the environment has under its usual name. */
function withEnvironment(raw: unknown, env: Env): unknown {
  if (!isSection(raw)) return raw
  const whole: Record<string, unknown> = { slack: {}, ...raw }
  for (const [part, key, name] of FROM_ENVIRONMENT) {
    const current = whole[part] ?? {}
    const value = env[name]
    if (value && isSection(current) && !(key in current))
      // As text of the environment, not of the file: `${` in it means nothing.
      whole[part] = { ...current, [key]: value.replaceAll('${', '$${') }
  }
  return whole
}

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refusal = (file: string, list: string, count: number): OperatorError =>
  new OperatorError(
    'bad_input',
    `${file} has ${count === 1 ? 'a problem' : `${count} problems`}:\n${list}`,
    'Nothing was started. deploy/spillway.example.yml explains every key.',
  )

const SHORTEST = `  ops_channel: queue-ops
  systems:
    main: {kind: bullmq, url: "\${REDIS_URL}"}
  roles:
    operator: {users: [U0123ABCD], queues: ["*"], actions: [pause, resume, freeze]}
  alerts:
    alertmanager: {bearer: ["\${ALERTMANAGER_TOKEN}"]}`

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(
      'bad_input',
      `There is no configuration at ${file}, or it cannot be read.`,
      `Nothing was started. Copy deploy/spillway.example.yml to spillway.yml, or name a file with --config ` +
        `or SPILLWAY_CONFIG. The shortest one that works, with SLACK_BOT_TOKEN and SLACK_APP_TOKEN in the ` +
        `environment:\n\n${SHORTEST}\n`,
      error,
    )
  }
}
