import { open } from 'node:fs/promises'

/** Where an export goes. */
export interface Target {
  /** Resolves when it can take more. */
  readonly write: (text: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** A file, or standard output where none is named. A file is for its owner alone: exports name people and jobs. */
export async function openTarget(
  pour: (text: string) => Promise<void>,
  path: string | undefined,
): Promise<Target> {
  if (path === undefined) return { write: pour, close: () => Promise.resolve() }
  const file = await open(path, 'w', 0o600)
  return {
    write: async (text) => {
      await file.write(text)
    },
    close: () => file.close(),
  }
}
