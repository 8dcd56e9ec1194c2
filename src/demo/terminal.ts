import { createInterface } from 'node:readline/promises'

export interface DemoIo {
  /** A line for the person at the terminal. */
  readonly say: (line: string) => void
  /** The person's answer to a question, or null where nobody can answer. */
  readonly ask: (question: string) => Promise<string | null>
  /** Aborted when the person has had enough. */
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The terminal of this process. The first Ctrl-C or SIGTERM ends the demo in order, the second at once. */
export function terminalIo(): DemoIo {
  const ending = new AbortController()
  const end = () => {
    if (ending.signal.aborted) process.exit(130)
    console.log('Ending the demo…')
    ending.abort()
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  return {
    say: (line) => console.log(line),
    async ask(question) {
      if (!process.stdin.isTTY) return null
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      try {
        return await lines.question(question, { signal: ending.signal })
      } finally {
        lines.close()
      }
    },
    signal: ending.signal,
    env: process.env,
  }
}
