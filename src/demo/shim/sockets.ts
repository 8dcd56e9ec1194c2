import { request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import type { SlackAddress } from '../local-slack.ts'
import { createFrameReader, encodeFrame, isText, textFrame } from '../web-socket.ts'

export interface Bridge {
  /** Sends the page or the bot something that the local Slack did not send. */
  tell(text: string): void
  /** Rewrites what the local Slack sends. */
  readonly onText: (text: string) => string
  onOpen(bridge: Bridge): void
  onClose(bridge: Bridge): void
}

/**
 * Connects a WebSocket that knocks at our door with the local Slack's, message by message, so that what
 * comes from there can be read and rewritten. Compression is not offered, for we would have to undo it.
 */
export function bridgeSocket(
  address: SlackAddress,
  knock: IncomingMessage,
  outside: Duplex,
  hooks: Pick<Bridge, 'onText' | 'onOpen' | 'onClose'>,
): void {
  const headers = { ...knock.headers }
  delete headers['sec-websocket-extensions']
  const upgrade = request({ ...address, path: knock.url, headers })
  outside.on('error', () => upgrade.destroy())
  upgrade.on('error', () => outside.destroy())
  upgrade.on('response', (answer) => {
    answer.resume()
    outside.end(`HTTP/1.1 ${answer.statusCode ?? 502} Refused\r\nconnection: close\r\n\r\n`)
  })
  upgrade.on('upgrade', (answer, inside, head) => {
    outside.write(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(answer)}\r\n\r\n`)
    join(outside, inside, head, hooks)
  })
  upgrade.end()
}

const headerLines = (answer: IncomingMessage): string =>
  Object.entries(answer.headers)
    .filter(([name]) => name !== 'sec-websocket-extensions')
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('\r\n')

function join(
  outside: Duplex,
  inside: Duplex,
  head: Buffer,
  hooks: Pick<Bridge, 'onText' | 'onOpen' | 'onClose'>,
): void {
  const bridge: Bridge = {
    ...hooks,
    tell: (text) => void outside.write(encodeFrame(textFrame(text), false)),
  }
  // Opened before the first frame is read, so that what is told at the opening can still come after it.
  const fromSlack = createFrameReader((frame) => {
    const text = isText(frame) ? hooks.onText(frame.payload.toString('utf8')) : null
    outside.write(encodeFrame(text === null ? frame : textFrame(text), false))
  })
  inside.on('data', fromSlack)
  outside.pipe(inside)
  // Ended, not cut: a close frame on its way must still arrive.
  inside.once('close', () => outside.end())
  inside.on('error', () => inside.destroy())
  outside.once('close', () => {
    inside.destroy()
    hooks.onClose(bridge)
  })
  hooks.onOpen(bridge)
  fromSlack(head)
}
