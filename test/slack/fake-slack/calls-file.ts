import { appendFileSync, readFileSync } from 'node:fs'

import { botScopes, manifest } from './manifest.ts'
import { isMethod, SCOPES } from './scopes.ts'

/** Names the file in which all fakes of a test run note what the code called. */
const VARIABLE = 'SPILLWAY_SLACK_CALLS'

/** Scopes that no method needs: they admit events and commands. */
const WITHOUT_METHODS = new Set(['app_mentions:read', 'commands'])

export function noteCall(method: string): void {
  const file = process.env[VARIABLE]
  if (file !== undefined && isMethod(method)) appendFileSync(file, `${method}\n`)
}

/** From now on every test process notes its calls in `file`. */
export function noteCallsIn(file: string): void {
  appendFileSync(file, '')
  process.env[VARIABLE] = file
}

/** The methods noted so far, each once. */
export const notedCalls = (file: string): readonly string[] => [
  ...new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean)),
]

/**
 * Compares methods with the manifest, in sentences; empty when every scope is used and none is missing.
 * The optional scopes may be missing here, for they are the user's choice.
 */
export function compareWithManifest(methods: readonly string[]): readonly string[] {
  const granted = new Set([...botScopes, ...manifest.oauth_config.scopes.bot_optional])
  const needs = methods.filter(isMethod).map((method) => ({ method, ...SCOPES[method] }))
  const missing = needs.flatMap((need) => {
    const scopes: readonly string[] = need.public
    const isCovered = scopes.length === 0 || scopes.some((scope) => granted.has(scope))
    return isCovered ? [] : [`${need.method} needs ${scopes.join(' or ')}, not in manifest.yml`]
  })
  const used = new Set<string>(needs.flatMap((need) => [...need.public]))
  const unused = botScopes
    .filter((scope) => !used.has(scope) && !WITHOUT_METHODS.has(scope))
    .map((scope) => `manifest.yml asks for ${scope}, but no method called needs it`)
  return [...missing, ...unused]
}
