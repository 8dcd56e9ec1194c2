import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Duplex } from 'node:stream'

/** Kinds of WebSocket frames (RFC 6455 §5.2) that this file tells apart. */
const CONTINUATION = 0
const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10

export interface Frame {
  readonly opcode: number
  readonly payload: Buffer
}

export const isText = (frame: Frame): boolean => frame.opcode === TEXT
export const textFrame = (text: string): Frame => ({ opcode: TEXT, payload: Buffer.from(text) })

/** One frame, whole. Clients must mask what they send; the key protects proxies, of which loopback has none. */
export function encodeFrame({ opcode, payload }: Frame, isMasked: boolean): Buffer {
  const head = lengthHead(payload.length)
  head[0] = 0x80 | opcode
  if (!isMasked) return Buffer.concat([head, payload])
  head[1] = (head[1] ?? 0) | 0x80
  const key = randomBytes(4)
  return Buffer.concat([head, key, applyMask(payload, key)])
}

function lengthHead(length: number): Buffer {
  if (length < 126) return Buffer.from([0, length])
  if (length < 65_536) {
    const head = Buffer.from([0, 126, 0, 0])
    head.writeUInt16BE(length, 2)
    return head
  }
  const head = Buffer.alloc(10)
  head[1] = 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

const applyMask = (payload: Buffer, key: Buffer): Buffer =>
  Buffer.from(payload.map((byte, at) => byte ^ (key[at % 4] ?? 0)))

/** Reads a byte stream as messages: fragments are joined, masks taken off. */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let unread: Buffer = Buffer.alloc(0)
  let parts: Buffer[] = []
  let opcode = TEXT
  const take = (frame: RawFrame): void => {
    if (frame.opcode >= CLOSE) {
      onFrame(frame)
      return
    }
    if (frame.opcode !== CONTINUATION) opcode = frame.opcode
    parts.push(frame.payload)
    if (!frame.isLast) return
    const payload = Buffer.concat(parts)
    parts = []
    onFrame({ opcode, payload })
  }
  return (chunk) => {
    unread = Buffer.concat([unread, chunk])
    for (let frame = decodeFrame(unread); frame !== null; frame = decodeFrame(unread)) {
      unread = unread.subarray(frame.size)
      take(frame)
    }
  }
}

interface RawFrame extends Frame {
  readonly isLast: boolean
  /** Bytes of the stream that it took. */
  readonly size: number
}

/** The first frame of the buffer, or null while it is incomplete. */
function decodeFrame(buffer: Buffer): RawFrame | null {
  if (buffer.length < 2) return null
  const first = buffer.readUInt8(0)
  const second = buffer.readUInt8(1)
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  const maskBytes = second & 0x80 ? 4 : 0
  const start = 2 + lengthBytes + maskBytes
  if (buffer.length < start) return null
  const length =
    lengthBytes === 0
      ? short
      : lengthBytes === 2
        ? buffer.readUInt16BE(2)
        : Number(buffer.readBigUInt64BE(2))
  if (buffer.length < start + length) return null
  const body = buffer.subarray(start, start + length)
  const payload = maskBytes === 0 ? body : applyMask(body, buffer.subarray(start - 4, start))
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload, size: start + length }
}

export interface WebSocketClient {
  send(text: string): void
  close(): void
}

/** Opens a WebSocket to `ws://…` on this machine; Node 20 has none of its own. Rejects when it is refused. */
export function openWebSocket(
  url: string,
  onText: (text: string) => void,
): Promise<WebSocketClient> {
  return new Promise((resolve, reject) => {
    const upgrade = request(url.replace(/^ws:/, 'http:'), {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    })
    upgrade.on('error', reject)
    upgrade.on('response', (answer) => {
      answer.resume()
      reject(new Error(`${url} answered ${answer.statusCode} instead of opening a WebSocket`))
    })
    upgrade.on('upgrade', (_answer, socket, head) => {
      resolve(clientOver(socket, head, onText))
    })
    upgrade.end()
  })
}

function clientOver(socket: Duplex, head: Buffer, onText: (text: string) => void): WebSocketClient {
  const send = (frame: Frame) => socket.write(encodeFrame(frame, true))
  const read = createFrameReader((frame) => {
    if (isText(frame)) onText(frame.payload.toString('utf8'))
    if (frame.opcode === PING) send({ opcode: PONG, payload: frame.payload })
    if (frame.opcode === CLOSE) socket.end()
  })
  socket.on('data', read)
  socket.on('error', () => socket.destroy())
  read(head)
  return {
    send: (text) => void send(textFrame(text)),
    close() {
      socket.end(encodeFrame({ opcode: CLOSE, payload: Buffer.alloc(0) }, true))
    },
  }
}
