import type { Log } from '../../src/domain/ports/runtime.ts'

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly facts: Readonly<Record<string, unknown>>
  readonly words: string
}

/** A log that keeps what it is told, children's facts merged in. */
export function inspectedLog(): { readonly log: Log; readonly entries: LogEntry[] } {
  const entries: LogEntry[] = []
  const make = (bound: object): Log => {
    const at = (level: LogEntry['level']) => (facts: object, words: string) =>
      void entries.push({ level, facts: { ...bound, ...facts }, words })
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (facts) => make({ ...bound, ...facts }),
    }
  }
  return { log: make({}), entries }
}
