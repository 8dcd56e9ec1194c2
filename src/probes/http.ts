import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'

import type { ActionProbeConfig, HttpProbeConfig } from '../config/types.ts'
import { codeOf, connectionFailure, unknown, unwell, well, type Answer } from './answer.ts'

type WebProbe = HttpProbeConfig | ActionProbeConfig

const MOST_BYTES = 64 * 1024
const BROKEN_OFF = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'])

/**
 * Asks once, on a connection of its own, so that no broken one is met and nothing is ever sent twice. The
 * status decides; redirects are not followed, and of the body at most 64 KiB are read and thrown away.
 */
export async function askHttp(probe: WebProbe, signal: AbortSignal): Promise<Answer> {
  const beganAt = performance.now()
  try {
    const response = await send(probe, signal)
    return judge(probe, await readThrough(response), performance.now() - beganAt)
  } catch (error) {
    return failure(error)
  }
}

function send(probe: WebProbe, signal: AbortSignal): Promise<IncomingMessage> {
  const url = new URL(probe.url)
  const body = probe.kind === 'action' ? (probe.body ?? '') : null
  const options: RequestOptions = {
    method: probe.kind === 'action' ? probe.method : 'GET',
    headers: headersOf(probe, body),
    agent: false,
    signal,
  }
  const request = (url.protocol === 'https:' ? tlsRequest : plainRequest)(url, options)
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
    request.end(body ?? undefined)
  })
}

const headersOf = (probe: WebProbe, body: string | null): Record<string, string> => ({
  'user-agent': 'spillway-probe',
  accept: '*/*',
  ...(probe.bearer === null ? {} : { authorization: `Bearer ${probe.bearer}` }),
  ...(body === null
    ? {}
    : {
        'content-length': String(Buffer.byteLength(body)),
        ...(body === ''
          ? {}
          : { 'content-type': isJson(body) ? 'application/json' : 'text/plain' }),
      }),
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

interface Response {
  readonly status: number
  readonly isWhole: boolean
}

/** A server that dies while it answers has sent a good status already: the body has to come to its end, too. */
async function readThrough(response: IncomingMessage): Promise<Response> {
  const status = response.statusCode ?? 0
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MOST_BYTES) break
    }
    return { status, isWhole: true }
  } catch (error) {
    if (!BROKEN_OFF.has(codeOf(error))) throw error
    return { status, isWhole: false }
  } finally {
    response.destroy()
  }
}

function judge(probe: WebProbe, { status, isWhole }: Response, tookMs: number): Answer {
  const answered = `${status} in ${Math.round(tookMs)} ms`
  if (!isWhole) return unwell(`${answered}, but the answer broke off`)
  if (probe.expect.includes(status)) return well(answered)
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : ''
  return unwell(`${answered}, expected ${probe.expect.join(' or ')}${redirect}`)
}

function failure(error: unknown): Answer {
  const code = codeOf(error)
  if (code.startsWith('HPE_')) return unwell('what it answered is not HTTP')
  return (
    connectionFailure(error) ?? unknown(`it could not be asked${code === '' ? '' : ` (${code})`}`)
  )
}
