import { parseConfig } from '../../src/config/load.ts'
import { OperatorError } from '../../src/domain/errors.ts'

export const ENV = {
  SLACK_BOT_TOKEN: 'xoxb-1-secret',
  SLACK_APP_TOKEN: 'xapp-1-secret',
  REDIS_URL: 'redis://bot:redis-secret@127.0.0.1:6379/0',
  TOKEN: 'alertmanager-token-1',
}
/** The least that a file must say. */
export const SHORT = `
ops_channel: "#queue-ops"
systems:
  sales: {kind: bullmq, url: "\${REDIS_URL}"}
`
export const parse = (text: string, env: Readonly<Record<string, string>> = ENV) =>
  parseConfig(text, { env, file: '/srv/spillway/spillway.yml' })

/** What a person reads when `run` is refused. */
export function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof OperatorError) return `${error.message}\n${error.advice}`
    throw error
  }
  throw new Error('nothing was refused')
}
