import type { Anchor, AnchorPlace } from '../audit-anchor.ts'

/** A place outside the database that is given anchors directly; Slack's own gets them by the outbox. */
export interface AnchorSink {
  readonly place: Exclude<AnchorPlace, 'slack'>
  /**
   * Resolves to where the anchor can be read once it is there for good. Giving the same anchor twice does no
   * harm. Throws whatever kept it from being there.
   */
  put(anchor: Anchor): Promise<string>
}
