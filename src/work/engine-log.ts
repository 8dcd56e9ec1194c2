import { Logger } from 'graphile-worker'

import type { Log } from '../domain/ports/runtime.ts'

interface Meta {
  readonly job?: { readonly task_identifier: string; readonly attempts: number }
  readonly error?: unknown
}

/** The work engine's troubles in our log. It tells of every single job, too: that is left out. */
export function engineLogger(log: Log): Logger {
  return new Logger(() => (severity, words, meta: Meta = {}) => {
    const level: string = severity
    if (level === 'error' && meta.job !== undefined) {
      const { task_identifier: task, attempts: attempt } = meta.job
      log.error({ task, attempt, err: meta.error }, 'job failed; it will be tried again')
    } else if (level === 'error' || level === 'warning') {
      log.warn({ engine: 'graphile-worker', err: meta.error }, words)
    }
  })
}
