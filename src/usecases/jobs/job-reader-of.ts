import { OperatorError } from '../../domain/errors.ts'
import type { JobReader } from '../../domain/ports/job-reader.ts'
import type { QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'

/** What tells of single jobs there. Throws `not_supported` where nothing does. */
export function jobReaderOf({ systems }: Pick<Deps, 'systems'>, { system }: QueueRef): JobReader {
  const { jobReader } = systems.get(system)
  if (jobReader !== null) return jobReader
  throw new OperatorError(
    'not_supported',
    `Single jobs of \`${system}\` cannot be looked at.`,
    '`status` shows the numbers of its queues.',
  )
}
