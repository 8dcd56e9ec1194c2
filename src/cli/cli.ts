import { userInfo } from 'node:os'

import { OperatorError } from '../domain/errors.ts'
import { suggest } from '../domain/suggest.ts'
import { createLog } from '../log.ts'
import { systemClock } from '../runtime.ts'

interface Command {
  readonly about: string
  /** Resolves to the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>
}

/** Each command is loaded when it is asked for: production has no demo and no doctor in memory. */
const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    about: 'run Spillway until it is told to stop [--config spillway.yml]',
    run: async (args) => (await import('./start.ts')).start(args),
  },
  demo: {
    about: 'show everything at work on this machine [--auto] [--port 4390] [--real-slack]',
    run: async (args) => (await import('./demo.ts').catch(withoutDemo)).demo(args),
  },
  doctor: {
    about: 'look for what would not work, and say what to do [--config spillway.yml] [--json]',
    run: async (args) =>
      (await import('./doctor.ts')).doctor({
        args,
        env: process.env,
        cwd: process.cwd(),
        clock: systemClock,
        log: createLog({ level: 'error' }, process.stderr),
        isTerminal: process.stdout.isTTY,
        write: (text) => process.stdout.write(text),
      }),
  },
  policy: {
    about: 'who may do what; `policy explain <person> <action> <queue>` [--config spillway.yml]',
    run: async (args) =>
      (await import('./policy.ts')).policy({
        args,
        env: process.env,
        cwd: process.cwd(),
        clock: systemClock,
        log: createLog({ level: 'error' }, process.stderr),
        write: (text) => process.stdout.write(text),
      }),
  },
  audit: {
    about:
      'verify the audit trail, export it; `audit verify | export | reseal | erase` [--config spillway.yml]',
    run: async (args) =>
      (await import('./audit.ts')).audit({
        args,
        env: process.env,
        cwd: process.cwd(),
        clock: systemClock,
        log: createLog({ level: 'error' }, process.stderr),
        user: userInfo().username,
        write: (text) => process.stdout.write(text),
        pour: (text) => new Promise((done) => void process.stdout.write(text, () => done())),
      }),
  },
  jobs: {
    about:
      'what became of every job of a plan; `jobs outcomes <plan>` [--format csv|json] [--out file]',
    run: async (args) =>
      (await import('./jobs.ts')).jobs({
        args,
        env: process.env,
        cwd: process.cwd(),
        clock: systemClock,
        log: createLog({ level: 'error' }, process.stderr),
        write: (text) => process.stdout.write(text),
        pour: (text) => new Promise((done) => void process.stdout.write(text, () => done())),
      }),
  },
  migrate: {
    about: 'bring the database to this version, as its owner [--config spillway.yml]',
    run: async (args) => (await import('./migrate.ts')).migrateDatabase(args),
  },
}

/** The container image has neither the demo nor its packages. */
function withoutDemo(error: unknown): never {
  const isMissing =
    error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  if (!isMissing) throw error
  throw new OperatorError(
    'not_supported',
    'The demo is not part of this installation.',
    'It runs in a checkout with all packages: npm ci && npm run demo.',
    error,
  )
}

const usage = (): string =>
  [
    'Spillway: queue incidents, handled from Slack, safely.',
    '',
    'spillway <command>',
    ...Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`),
    '',
  ].join('\n')

/** Runs one command line. Problems that a person can mend are said in words, on standard error. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    process.stdout.write(usage())
    return name === undefined ? 2 : 0
  }
  const command = COMMANDS[name]
  if (command === undefined) {
    const near = suggest(name, Object.keys(COMMANDS))
    const hint = near === null ? '' : `; did you mean \`${near}\`?`
    process.stderr.write(`There is no command \`${name}\`${hint}\n\n${usage()}`)
    return 2
  }
  try {
    return await command.run(args)
  } catch (error) {
    if (!isForPeople(error)) throw error
    const advice = error instanceof OperatorError ? `\n${error.advice}` : ''
    process.stderr.write(`${error.message}${advice}\n`)
    return 1
  }
}

/** Ours, a wrong flag, or what the system says of a port or file. */
const isForPeople = (error: unknown): error is Error =>
  error instanceof OperatorError ||
  (error instanceof Error && 'code' in error && typeof error.code === 'string')
