import { request } from 'node:http'

import type { SlackAddress } from '../local-slack.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Calls a Web API method of the local Slack with JSON and gives its answer. */
export type CallSlack = (method: string, args: Fields, authorization?: string) => Promise<Fields>

/** The answer to `POST path` of the local Slack, parsed. Rejects if it cannot be reached. */
export function postJson(
  address: SlackAddress,
  path: string,
  body: Fields,
  authorization = '',
): Promise<Fields> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json; charset=utf-8', authorization }
    const call = request({ ...address, path, method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve(asFields(Buffer.concat(chunks).toString('utf8'))))
    })
    call.on('error', reject)
    call.end(JSON.stringify(body))
  })
}

/** JSON as an object; whatever else it is counts as empty. */
export function asFields(text: string): Fields {
  try {
    return toFields(JSON.parse(text))
  } catch {
    return {}
  }
}

export const toFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
