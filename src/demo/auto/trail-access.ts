import type { WebClient } from '@slack/web-api'

import { EVERYTHING } from '../../domain/audit-filter.ts'
import type { AuditReport } from '../../domain/audit-report.ts'
import type { Store } from '../../domain/ports/store.ts'
import { readAnchors } from '../../slack/anchor-history.ts'
import { createIdentity } from '../../slack/identity.ts'
import { exportTrail } from '../../usecases/audit/export-trail.ts'
import { verifyExport } from '../../usecases/audit/verify-export.ts'
import { type Reading, verifyTrail } from '../../usecases/audit/verify-trail.ts'

/** What `spillway audit` does, for the demo's own installation. */
export interface TrailAccess {
  /** The anchors that the channel in Slack holds now. */
  anchors(): Promise<Reading>
  /** Verifies the trail in the database against them. */
  verify(anchors: Reading): Promise<AuditReport>
  /** A whole copy as JSON, an entry a line. */
  copy(): Promise<readonly string[]>
  /** Verifies such a copy, without the database. */
  verifyCopy(lines: readonly string[], anchors: readonly Reading[]): Promise<AuditReport>
}

export interface TrailOptions {
  readonly store: Pick<Store, 'transaction'>
  readonly client: WebClient
  /** Id of the channel that keeps the anchors. */
  readonly channel: string
  readonly instance: string
}

export function trailAccess({ store, client, channel, instance }: TrailOptions): TrailAccess {
  const identify = createIdentity(client)
  return {
    anchors: async () => readAnchors({ client, channel, bot: await identify(), source: 'slack' }),
    verify: (anchors) => verifyTrail(store, { instance, readings: [anchors] }),
    async copy() {
      const pieces: string[] = []
      const write = async (text: string): Promise<void> => void pieces.push(text)
      await exportTrail(store, { format: 'json', filter: EVERYTHING, write })
      return pieces
        .join('')
        .split('\n')
        .filter((line) => line !== '')
    },
    verifyCopy: (lines, readings) => verifyExport(() => each(lines), { instance, readings }),
  }
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}
