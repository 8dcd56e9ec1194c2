import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * The command that runs a module beside the caller as a process of its own: from source through tsx,
 * from `dist` as it is. `name` is relative and without an ending, e.g. `./relay`.
 */
export function scriptCommand(importMetaUrl: string, name: string): readonly string[] {
  if (!importMetaUrl.endsWith('.ts'))
    return [process.execPath, fileURLToPath(new URL(`${name}.js`, importMetaUrl))]
  const tsx = createRequire(importMetaUrl).resolve('tsx')
  return [process.execPath, '--import', tsx, fileURLToPath(new URL(`${name}.ts`, importMetaUrl))]
}
