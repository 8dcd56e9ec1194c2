import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parse } from 'yaml'
import { z } from 'zod'

const Manifest = z.object({
  features: z.object({
    slash_commands: z.array(z.object({ command: z.string(), should_escape: z.boolean() })),
  }),
  oauth_config: z.object({
    scopes: z.object({ bot: z.array(z.string()), bot_optional: z.array(z.string()) }),
  }),
  settings: z.object({
    event_subscriptions: z.object({ bot_events: z.array(z.string()) }),
    socket_mode_enabled: z.boolean(),
  }),
})

/** The parts of `manifest.yml` that tests hold the code to. */
export const manifest = Manifest.parse(
  parse(readFileSync(join(import.meta.dirname, '../../../manifest.yml'), 'utf8')),
)
export const botScopes = manifest.oauth_config.scopes.bot
