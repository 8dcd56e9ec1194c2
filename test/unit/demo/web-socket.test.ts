import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createFrameReader, encodeFrame, type Frame } from '../../../src/demo/web-socket.ts'

describe('WebSocket frames', () => {
  it('come out as they went in, masked or not, however the stream is cut', () => {
    const frames = fc.array(
      fc.record({
        payload: fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.uint8Array({ minLength: 65_530, maxLength: 65_540 }),
        ),
        isMasked: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    )
    fc.assert(
      fc.property(frames, fc.integer({ min: 50, max: 9000 }), (sent, cut) => {
        const stream = Buffer.concat(
          sent.map(({ payload, isMasked }) =>
            encodeFrame({ opcode: 1, payload: Buffer.from(payload) }, isMasked),
          ),
        )
        const seen: Frame[] = []
        const read = createFrameReader((frame) => seen.push(frame))
        for (let at = 0; at < stream.length; at += cut) read(stream.subarray(at, at + cut))
        expect(seen.map(({ payload }) => payload.toString('hex'))).toEqual(
          sent.map(({ payload }) => Buffer.from(payload).toString('hex')),
        )
      }),
      { numRuns: 30 },
    )
  })

  it('joins fragments around a ping in between', () => {
    const seen: string[] = []
    const read = createFrameReader(({ opcode, payload }) =>
      seen.push(`${opcode}:${payload.toString()}`),
    )
    const raw = (first: number, text: string) =>
      Buffer.concat([Buffer.from([first, text.length]), Buffer.from(text)])
    read(Buffer.concat([raw(0x01, 'frag'), raw(0x89, 'ping'), raw(0x80, 'ments')]))
    expect(seen).toEqual(['9:ping', '1:fragments'])
  })
})
