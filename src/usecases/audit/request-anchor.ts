import type { Repositories } from '../../domain/ports/store.ts'

/** Has the head anchored soon, with this transaction's entries in it. However often it is asked for, one job waits. */
export const requestAnchor = (store: Pick<Repositories, 'work'>): Promise<void> =>
  store.work.enqueue('anchor_audit', {}, { key: 'head', isKept: true })

/** Has the trail verified soon. */
export const requestCheck = (store: Pick<Repositories, 'work'>): Promise<void> =>
  store.work.enqueue('verify_audit', {}, { key: 'trail', isKept: true })
