import type { Log } from '../../src/domain/ports/runtime.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly facts: Readonly<Record<string, unknown>>
  readonly words: string
}

/** A log that is quiet and can be looked into; children write into the same lines. */
export function createTestLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const at = (bound: object): Log => {
    const write = (level: LogLine['level']) => (facts: object, words: string) => {
      lines.push({ level, facts: { ...bound, ...facts }, words })
    }
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (facts) => at({ ...bound, ...facts }),
    }
  }
  return { ...at({}), lines }
}
