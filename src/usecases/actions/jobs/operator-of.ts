import { OperatorError } from '../../../domain/errors.ts'
import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import type { QueueRef } from '../../../domain/queue.ts'
import type { Deps } from '../../deps.ts'

/** What can be done to single jobs there. Throws `not_supported` where nothing can. */
export function operatorOf({ systems }: Pick<Deps, 'systems'>, { system }: QueueRef): JobOperator {
  const { jobs } = systems.get(system)
  if (jobs !== null) return jobs
  throw new OperatorError(
    'not_supported',
    `Single jobs of \`${system}\` cannot be acted on.`,
    'Nothing was changed. Whole queues can be paused and resumed.',
  )
}
