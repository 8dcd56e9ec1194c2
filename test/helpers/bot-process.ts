import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { startApp } from '../../src/app.ts'
import { stopSignal } from '../../src/cli/stop-signal.ts'
import type { Config } from '../../src/config/types.ts'
import type { DatabaseAddress } from '../../src/store/pool.ts'

/** What the file named by the first argument holds, as JSON. */
export interface BotFile {
  readonly config: Config
  readonly owner: DatabaseAddress
}

/** The bot in a process of its own: loads, waits for a line on its input, says where it listens, runs until told to stop. */
const { config, owner } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as BotFile
const say = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`)
const signal = stopSignal()
say({ isLoaded: true })
await once(process.stdin, 'data')
const app = await startApp(config, {
  database: { owner, app: owner, isEmbedded: false, stop: () => Promise.resolve() },
})
while (app.slack.status().port === null) await sleep(5)
say({ url: app.url, slackUrl: `http://127.0.0.1:${app.slack.status().port}` })
await signal
await app.stop()
process.exit(0)
