import { anchorKey, type Anchor } from '../../domain/audit-anchor.ts'
import type { AnchorSink } from '../../domain/ports/anchor-place.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { Deps } from '../deps.ts'
import { requestCheck } from './request-anchor.ts'

type AnchorDeps = Pick<Deps, 'store' | 'settings' | 'clock' | 'log'>

/** What a place that was away for long gets at once; the rest follows with the next anchor. */
const AT_ONCE = 50

/**
 * Gives the head of the trail to Slack and to every sink, if it moved since the last time, and what is
 * still owed to a place that did not take it. Writes no entry of its own, so that an idle system comes to rest.
 */
export async function anchorAudit(deps: AnchorDeps, sinks: readonly AnchorSink[]): Promise<void> {
  await deps.store.transaction((store) => wish(deps, store, sinks))
  await deps.store.now.anchors.settle(deps.clock.now())
  for (const sink of sinks) await place(deps, sink)
}

async function wish(
  { clock, settings }: AnchorDeps,
  store: Repositories,
  sinks: readonly AnchorSink[],
): Promise<void> {
  const head = await store.audit.head()
  const last = await store.anchors.last()
  if (head === null || (head.seq === last?.seq && head.hash === last.hash)) return
  // A trail that got shorter, or another: what that means is for the verification to say.
  if (last !== null && head.seq <= last.seq) await requestCheck(store)
  const at = clock.now()
  const anchor: Anchor = { instance: settings.instance, ...head, at }
  await store.anchors.add(anchor, ['slack', ...sinks.map((sink) => sink.place)])
  await store.messages.put({
    key: anchorKey(anchor),
    target: { kind: 'audit' },
    content: { kind: 'anchor', anchor: { ...anchor, at: at.toISOString() } },
    priority: 2,
  })
}

/** In order, until the first that fails: whatever is the matter with the place concerns the others, too. */
async function place({ store, clock, log }: AnchorDeps, sink: AnchorSink): Promise<void> {
  const { anchors } = store.now
  for (const anchor of await anchors.pending(sink.place, AT_ONCE)) {
    try {
      await anchors.placed(anchor, sink.place, await sink.put(anchor), clock.now())
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      await anchors.failed(anchor, sink.place, problem)
      log.warn(
        { event: 'audit.not_anchored', place: sink.place, seq: anchor.seq, err: error },
        'the audit trail could not be anchored; it is tried again',
      )
      return
    }
  }
}
