import { open, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'

import { type Anchor, anchorJson, parseAnchors } from '../domain/audit-anchor.ts'
import type { AnchorSink } from '../domain/ports/anchor-place.ts'
import type { Reading } from '../usecases/audit/verify-trail.ts'

/** Replicas on other machines write files of their own. */
const referenceOf = (path: string): string => `${hostname()}:${path}`

/** One JSON line for each anchor, on the disk before it counts. The operating system may make the file append-only. */
export const createAnchorFile = (path: string): AnchorSink => ({
  place: 'file',
  async put(anchor: Anchor) {
    // `a` is O_APPEND: lines of several processes never write over each other.
    const file = await open(path, 'a', 0o600)
    try {
      await file.write(`${anchorJson(anchor)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    return referenceOf(path)
  },
})

/** What the file holds. One that is not there holds nothing; whatever should be in it is then missing. */
export async function readAnchorFile(path: string): Promise<Reading> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  })
  const own = referenceOf(path)
  return {
    source: 'file',
    anchors: parseAnchors(text),
    faults: [],
    notes: [],
    expects: (reference) => (reference === own ? 'here' : 'elsewhere'),
  }
}
