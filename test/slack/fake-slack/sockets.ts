import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import {
  createFrameReader,
  encodeFrame,
  isText,
  textFrame,
  type Frame,
} from '../../../src/demo/web-socket.ts'

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const CLOSE = 8
const PING = 9
const PONG = 10

export interface FakeSockets {
  readonly count: () => number
  /** Sends a slash command or interaction over one connection; resolves with what was acknowledged. */
  send(type: 'slash_commands' | 'interactive' | 'events_api', payload: object): Promise<unknown>
  /** Slack asks for another connection, as it does every few hours. */
  refresh(): void
  /** Every connection is cut without a word. */
  cut(): void
}

/** Slack's side of Socket Mode on the same port as the Web API. */
export function createSockets(server: Server): FakeSockets {
  const sockets = new Set<Duplex>()
  const waiting = new Map<string, (payload: unknown) => void>()
  const write = (socket: Duplex, message: object) =>
    socket.write(encodeFrame(textFrame(JSON.stringify(message)), false))

  const onFrame = (socket: Duplex) => (frame: Frame) => {
    if (frame.opcode === PING) socket.write(encodeFrame({ ...frame, opcode: PONG }, false))
    if (frame.opcode === CLOSE) socket.end(encodeFrame(frame, false))
    if (!isText(frame)) return
    const answer = JSON.parse(frame.payload.toString('utf8')) as {
      readonly envelope_id: string
      readonly payload?: unknown
    }
    waiting.get(answer.envelope_id)?.(answer.payload)
    waiting.delete(answer.envelope_id)
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1')
      .update(key + ACCEPT_SUFFIX)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    sockets.add(socket)
    socket.on('data', createFrameReader(onFrame(socket)))
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    write(socket, { type: 'hello', num_connections: sockets.size })
  })

  return {
    count: () => sockets.size,
    send(type, payload) {
      const [socket] = sockets
      if (socket === undefined) throw new Error('nobody is connected')
      const envelopeId = randomUUID()
      write(socket, { type, envelope_id: envelopeId, payload, accepts_response_payload: true })
      return new Promise((resolve) => {
        waiting.set(envelopeId, resolve)
      })
    },
    refresh() {
      for (const socket of sockets)
        write(socket, { type: 'disconnect', reason: 'refresh_requested' })
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
