import { describe, expect, it } from 'vitest'

import { readOptions } from '../../../src/demo/options.ts'

describe('the options of the demo', () => {
  it('are a live show on the usual port unless told otherwise', () => {
    expect(readOptions([])).toEqual({
      isAuto: false,
      isRealSlack: false,
      port: null,
      dataDir: '.spillway/demo',
    })
    expect(readOptions(['--auto', '--port', '4400'])).toMatchObject({ isAuto: true, port: 4400 })
    expect(readOptions(['--help'])).toBeNull()
  })

  it.each([
    [['--prot', '1'], "Unknown option '--prot'"],
    [['--port', '70000'], '--port 70000 is no port.'],
    [['--auto', '--real-slack'], 'it cannot act for one in a real workspace'],
  ])('refuses %j', (args, words) => {
    expect(() => readOptions(args)).toThrow(words)
  })
})
