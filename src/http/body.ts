import type { IncomingMessage } from 'node:http'

/**
 * The whole body; `too_large` as soon as more than `maxBytes` came, `gone` if the sender hung up before
 * the end. What comes after `too_large` is left in the stream.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | 'too_large' | 'gone'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (result: Buffer | 'too_large' | 'gone'): void => {
      request.off('data', take)
      resolve(result)
    }
    const take = (chunk: Buffer): void => {
      size += chunk.length
      if (size > maxBytes) settle('too_large')
      else chunks.push(chunk)
    }
    request.on('data', take)
    request.on('end', () => settle(Buffer.concat(chunks, Math.min(size, maxBytes))))
    request.on('close', () => settle('gone'))
  })
}
