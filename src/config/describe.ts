import { stringify } from 'yaml'

import type { Config, ProbeConfig } from './types.ts'

const secret = (value: string | null): string => (value === null ? 'not set' : 'set')

/** An address without its password, query and user. */
function place(url: string | null): string {
  if (url === null) return 'not set'
  if (!URL.canParse(url)) return 'set'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const probeShown = (probe: ProbeConfig): object => ({
  ...probe,
  url: place(probe.url),
  ...('bearer' in probe ? { bearer: secret(probe.bearer) } : {}),
  ...('body' in probe ? { body: secret(probe.body) } : {}),
  ...('query' in probe ? { query: secret(probe.query) } : {}),
})

/** The configuration as YAML for people, with every secret left out: safe to paste into a ticket. */
export const describeConfig = (config: Config): string =>
  stringify({
    settings: config.settings,
    systems: config.systems.map((system) => ({ ...system, url: place(system.url) })),
    slack: {
      mode: config.slack.mode,
      botToken: secret(config.slack.botToken),
      appToken: secret(config.slack.appToken),
      signingSecret: secret(config.slack.signingSecret),
      host: config.slack.host,
      port: config.slack.port,
      apiUrl: place(config.slack.apiUrl),
    },
    secondWorkspace:
      config.secondWorkspace === null
        ? null
        : {
            botToken: secret(config.secondWorkspace.botToken),
            channel: config.secondWorkspace.channel,
            apiUrl: place(config.secondWorkspace.apiUrl),
          },
    probes: config.probes.map(probeShown),
    alertSources: config.alertSources.map(({ kind, bearerTokens }) => ({
      kind,
      bearerTokens: bearerTokens.length,
    })),
    http: config.http,
    database: {
      url: config.database.url === null ? 'embedded' : place(config.database.url),
      appUrl: place(config.database.appUrl),
      dataDir: config.database.dataDir,
    },
    logLevel: config.logLevel,
  })
