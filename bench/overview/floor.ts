import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import type { Redis } from 'ioredis'

const encode = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`

const factsOf = (base: string): string =>
  [
    ...['wait', 'active', 'paused'].map((list) => encode('LLEN', base + list)),
    ...['delayed', 'prioritized', 'failed', 'completed', 'waiting-children'].map((set) =>
      encode('ZCARD', base + set),
    ),
    encode('LINDEX', `${base}wait`, '-1'),
    encode('LINDEX', `${base}paused`, '-1'),
    encode('HMGET', `${base}meta`, 'paused', 'version'),
  ].join('')

/**
 * The least that any client could do: everything encoded beforehand, and of the answers only the bytes
 * counted. Two passes, for the age of a job can be asked for only once its id is known.
 */
export async function openBareSocket(raw: Redis, port: number, queues: readonly string[]) {
  const bases = queues.map((queue) => `bull:${queue}:`)
  const next = await Promise.all(
    bases.map(async (base) => {
      const ids = await Promise.all([
        raw.lindex(`${base}wait`, -1),
        raw.lindex(`${base}paused`, -1),
      ])
      return ids.map((id) => (id === null ? '' : encode('HGET', base + id, 'timestamp'))).join('')
    }),
  )
  const passes = [bases.map(factsOf).join(''), next.join('')].map((text) => Buffer.from(text))
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  const sizes: number[] = []
  for (const pass of passes) sizes.push(await sizeOfAnswer(socket, pass))
  return {
    async ask() {
      for (const [index, pass] of passes.entries()) await answered(socket, pass, sizes[index] ?? 0)
    },
    close: () => socket.destroy(),
  }
}

/** A marker command at the end tells, once, how long the answer is. */
function sizeOfAnswer(socket: Socket, pass: Buffer): Promise<number> {
  const marker = 'the-end-of-the-answer'
  const tail = `$${marker.length}\r\n${marker}\r\n`
  const chunks: Buffer[] = []
  return new Promise((resolve) => {
    const hear = (chunk: Buffer) => {
      chunks.push(chunk)
      const whole = Buffer.concat(chunks)
      if (!whole.includes(tail)) return
      socket.off('data', hear)
      resolve(whole.length - tail.length)
    }
    socket.on('data', hear)
    socket.write(Buffer.concat([pass, Buffer.from(encode('ECHO', marker))]))
  })
}

function answered(socket: Socket, pass: Buffer, size: number): Promise<void> {
  let seen = 0
  return new Promise((resolve) => {
    const hear = (chunk: Buffer) => {
      seen += chunk.length
      if (seen < size) return
      socket.off('data', hear)
      resolve()
    }
    socket.on('data', hear)
    socket.write(pass)
  })
}
