import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { freshDataDir } from '../../src/demo/data-dir.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spillway-data-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe("the demo's folder", () => {
  it('is emptied of what an earlier demo left, ended or killed', async () => {
    const first = await freshDataDir(dir)
    await writeFile(join(dir, 'left'), '')
    await first.stop()
    // Never a number: `kill $(cat demo.pid)` must not reach anybody once the demo is gone.
    expect(await readFile(join(dir, 'demo.pid'), 'utf8')).toBe('ended\n')
    await freshDataDir(dir)
    expect(await readdir(dir)).toEqual(['demo.pid'])
    // 2 ** 22 is above every process id of Linux.
    await writeFile(join(dir, 'demo.pid'), String(2 ** 22 + 1))
    await writeFile(join(dir, 'left'), '')
    await freshDataDir(dir)
    expect(await readdir(dir)).toEqual(['demo.pid'])
  })

  it('is refused while another demo works in it', async () => {
    await writeFile(join(dir, 'demo.pid'), String(process.ppid))
    await expect(freshDataDir(dir)).rejects.toThrow(`as process ${process.ppid}`)
  })

  it("is refused, untouched, when it holds somebody's files", async () => {
    await writeFile(join(dir, 'thesis.tex'), '')
    await expect(freshDataDir(dir)).rejects.toThrow('no demo left it behind')
    expect(await readdir(dir)).toEqual(['thesis.tex'])
  })
})
