import type { AlertBatch } from '../../domain/alert.ts'
import { UnreadableBody, type ParseBody } from '../../domain/alert.ts'
import { parseAlertmanager } from './alertmanager.ts'
import { parseJson } from './json.ts'

/** One parser per source; its name is the route's last part and the `source` of what is stored. */
export const parsers = {
  alertmanager: parseAlertmanager,
  json: parseJson,
} as const satisfies Record<string, (body: Buffer) => AlertBatch>

export type AlertSource = keyof typeof parsers

const isSource = (name: string): name is AlertSource => Object.hasOwn(parsers, name)

/** Reads a stored body. Throws `UnreadableBody`, and nothing else, whatever the body is. */
export const parseBody: ParseBody = (source, body) => {
  if (!isSource(source)) throw new UnreadableBody(`Nothing here reads bodies of \`${source}\`.`)
  return parsers[source](body)
}
