import { readFile } from 'node:fs/promises'

import { parse } from 'yaml'
import { z } from 'zod'

const ManifestShape = z.looseObject({
  oauth_config: z.looseObject({ scopes: z.looseObject({ bot: z.array(z.string()) }) }),
})

/** The bot scopes of `manifest.yml`: what a token of this app may do. */
export async function manifestScopes(): Promise<readonly string[]> {
  const text = await readFile(new URL('../../manifest.yml', import.meta.url), 'utf8')
  return ManifestShape.parse(parse(text)).oauth_config.scopes.bot
}
