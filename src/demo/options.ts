import { parseArgs } from 'node:util'

import { OperatorError } from '../domain/errors.ts'

export interface DemoOptions {
  readonly isAuto: boolean
  readonly isRealSlack: boolean
  readonly port: number | null
  /** Emptied at the start. */
  readonly dataDir: string
}

export const HELP = `spillway demo [--auto] [--port <n>] [--data <dir>] [--real-slack]

  --auto         plays the on-call person, checks every step, exits 0 or 1
  --port <n>     where the local Slack's page is (4390 unless told)
  --data <dir>   where the demo keeps its files, emptied at the start (.spillway/demo unless told)
  --real-slack   uses SLACK_BOT_TOKEN and SLACK_APP_TOKEN instead of the local Slack, after asking`

/** Null when help is asked for. Throws `OperatorError('bad_input')` for what is no option. */
export function readOptions(args: readonly string[]): DemoOptions | null {
  const shape = {
    auto: { type: 'boolean', default: false },
    'real-slack': { type: 'boolean', default: false },
    port: { type: 'string' },
    data: { type: 'string', default: '.spillway/demo' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const
  const { values } = parse(() => parseArgs({ args: [...args], options: shape }))
  const port = values.port === undefined ? null : Number(values.port)
  if (port !== null && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new OperatorError(
      'bad_input',
      `--port ${values.port} is no port.`,
      'Nothing was started.',
    )
  if (values.auto && values['real-slack'])
    throw new OperatorError(
      'bad_input',
      '--auto plays a person in the local Slack; it cannot act for one in a real workspace.',
      'Nothing was started. Leave one of the two options out.',
    )
  if (values.help) return null
  return { isAuto: values.auto, isRealSlack: values['real-slack'], port, dataDir: values.data }
}

function parse<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause)
    throw new OperatorError(
      'bad_input',
      words,
      'Nothing was started. See npm run demo -- --help.',
      cause,
    )
  }
}
