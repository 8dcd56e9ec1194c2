import { describe, expect, it } from 'vitest'

import { clusterOf, makeClusterer } from '../../../src/domain/failure-cluster.ts'

const frameOf = (...lines: readonly string[]): string | null =>
  clusterOf({
    type: 'a',
    error: 'x',
    stack: ['Error: x', ...lines.map((line) => `    at ${line}`)].join('\n'),
  }).frame

describe('the frame of a failure', () => {
  it.each([
    ['send (/app/dist/whatsapp.js:10:3)', 'send (whatsapp.js)'],
    ['async send (/app/dist/whatsapp.js:10:3)', 'send (whatsapp.js)'],
    ['Sender.send [as run] (/app/a b/send.ts:10:3)', 'Sender.send (send.ts)'],
    ['new Sender (file:///app/dist/send.js?v=2:10:3)', 'new Sender (send.js)'],
    ['/app/dist/send.js:10:3', '(send.js)'],
    ['send (C:\\app\\send.js:10:3)', 'send (send.js)'],
    ['send (webpack-internal:///./src/send.ts:10)', 'send (send.ts)'],
  ])('of %s is %s', (line, frame) => {
    expect(frameOf(line)).toBe(frame)
  })

  it('is the first of the application itself', () => {
    const frame = frameOf(
      'node:internal/process/task_queues:95:5',
      'Socket.<anonymous> (node:net:1:2)',
      'Promise.all (index 0)',
      'new Promise (<anonymous>)',
      'JSON.parse (native)',
      'eval (eval at run (/app/x.js:1:2), <anonymous>:1:1)',
      'post (/app/node_modules/axios/index.js:10:3)',
      'send (/app/dist/whatsapp.js:10:3)',
      'main (/app/dist/main.js:1:1)',
    )
    expect(frame).toBe('send (whatsapp.js)')
  })

  it('is none where the stack does not say', () => {
    expect(frameOf()).toBeNull()
    expect(frameOf('post (/app/node_modules/axios/index.js:10:3)')).toBeNull()
    expect(clusterOf({ type: 'a', error: 'x', stack: null }).frame).toBeNull()
  })
})

describe('a cluster', () => {
  const failure = {
    type: 'whatsapp.send',
    error: 'order 17 of jane@example.com: connect ETIMEDOUT 10.0.0.7:443',
    stack: 'Error: x\n    at send (/app/dist/whatsapp.js:10:3)',
  }

  it('is the same for one cause, in every process', () => {
    const other = {
      type: 'whatsapp.send',
      error: 'order 4711 of joe@example.org: connect ETIMEDOUT 10.0.0.9:443',
      stack: 'Error: y\n    at async send (/srv/release-2/dist/whatsapp.js:99:1)',
    }
    expect(clusterOf(other)).toEqual(clusterOf(failure))
    expect(clusterOf(failure)).toEqual({
      key: 'cb9960da',
      shape: 'order {n} of [redacted]: connect ETIMEDOUT {host}',
      frame: 'send (whatsapp.js)',
    })
  })

  it('is another one for another type, error or place', () => {
    const others = [
      { ...failure, type: 'email.send' },
      { ...failure, error: 'connect ECONNREFUSED 10.0.0.7:443' },
      { ...failure, error: null },
      { ...failure, stack: failure.stack.replace('send', 'receive') },
      { ...failure, stack: null },
    ]
    const keys = [failure, ...others].map((one) => clusterOf(one).key)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('is remembered rightly within a pass', () => {
    const clusterer = makeClusterer()
    const failures = Array.from({ length: 6000 }, (_, n) => ({
      type: `t${n % 3}`,
      error: `${'a'.repeat(n % 7)} failed for ${n}`,
      stack: null,
    }))
    const keys = new Set(failures.map((one) => clusterer(one).key))
    expect(keys.size).toBe(21)
    expect(clusterer(failure)).toEqual(clusterOf(failure))
  })
})
