import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { BotFile } from './bot-process.ts'

export interface BotChild {
  /** Starts what was loaded; resolves when it takes requests. */
  go(): Promise<{ readonly url: string; readonly slackUrl: string }>
  signal(name: NodeJS.Signals): void
  /** Its exit code; null if it was killed. */
  readonly ended: Promise<number | null>
}

/** With a loader for TypeScript, which takes seconds; who starts many compiles it first. */
const UNCOMPILED = ['--import', 'tsx', join(import.meta.dirname, 'bot-process.ts')]

/** Loads a bot in a process of its own, which is most of its start; it begins at `go`. Its log is in `dir`. */
export function loadBot(dir: string, file: BotFile, entry: string | null = null): BotChild {
  const path = join(dir, 'bot.json')
  writeFileSync(path, JSON.stringify(file))
  const log = openSync(join(dir, 'bot.log'), 'a')
  const program = entry === null ? UNCOMPILED : [entry]
  const child = spawn(process.execPath, [...program, path], { stdio: ['pipe', 'pipe', log] })
  closeSync(log)
  // It must not outlive us, nor must a dead one end us.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('a child without pipes')
  stdin.on('error', () => undefined)
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ended = once(child, 'exit').then(([code]) => {
    process.off('exit', kill)
    return code as number | null
  })
  const next = async (): Promise<string> => {
    const line = await lines.next()
    if (line.done === true) throw new Error(`the bot ended early; see ${join(dir, 'bot.log')}`)
    return line.value
  }
  return {
    async go() {
      await next()
      stdin.write('go\n')
      for (;;) {
        const said = JSON.parse(await next()) as { url?: string; slackUrl?: string }
        const { url, slackUrl } = said
        // Its log shares the stream.
        if (url !== undefined && slackUrl !== undefined) return { url, slackUrl }
      }
    },
    signal: (name) => void child.kill(name),
    ended,
  }
}
