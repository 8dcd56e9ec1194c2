import { OperatorError } from '../../domain/errors.ts'
import type { QueueSystem } from '../../domain/ports/queue-system.ts'
import type { QueueRef } from '../../domain/queue.ts'
import type { Live } from '../../domain/views.ts'

/** The value, or why there is none: reading a system that is away is an answer, not a fault. */
export async function live<T>(at: Date, read: () => Promise<T>): Promise<Live<T>> {
  try {
    return { isLive: true, value: await read(), at }
  } catch (error) {
    if (error instanceof OperatorError) return { isLive: false, problem: error.message }
    throw error
  }
}

/** Groups queues by their system, so that each system is asked once. */
export function bySystem(
  refs: readonly QueueRef[],
  systems: { get(name: string): QueueSystem },
): readonly { readonly system: QueueSystem; readonly queues: readonly string[] }[] {
  const names = [...new Set(refs.map((ref) => ref.system))]
  return names.map((name) => ({
    system: systems.get(name),
    queues: refs.filter((ref) => ref.system === name).map((ref) => ref.queue),
  }))
}
