import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const PROJECT = join(import.meta.dirname, '../..')

/** What oxlint says of these files under our rules; empty when it is content. */
async function lint(files: Readonly<Record<string, string>>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true })
    await writeFile(join(project, path), text)
  }
  const oxlint = join(PROJECT, 'node_modules/.bin/oxlint')
  return run(oxlint, ['--format=unix', 'src'], { cwd: project }).then(
    () => '',
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  )
}

// In a project of its own, so that a run beside this one never meets the planted faults.
let project: string
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'spillway-lint-'))
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    await cp(join(PROJECT, file), join(project, file))
  }
  await writeFile(join(project, '.gitignore'), 'node_modules/\n')
  await symlink(join(PROJECT, 'node_modules'), join(project, 'node_modules'))
})
afterEach(() => rm(project, { recursive: true }))

describe('the import rule', () => {
  it('is content with what points inwards', async () => {
    const said = await lint({
      'src/domain/one.ts': 'export const one = 1\n',
      'src/store/rows.ts': `import { one } from '../domain/one.ts'\n\nexport const rows = one\n`,
    })
    expect(said).toBe('')
  })

  it.each(['domain', 'usecases', 'slack', 'http', 'work', 'queues', 'probes', 'config'])(
    'stops src/%s from reaching outwards',
    async (folder) => {
      const said = await lint({
        'src/store/rows.ts': 'export const rows = 1\n',
        [`src/${folder}/leak.ts`]: `import { rows } from '../store/rows.ts'\n\nexport const leak = rows\n`,
      })
      expect(said).toMatch(`src/${folder}/leak.ts:1:1: '../store/rows.ts' import is restricted`)
    },
  )

  it('stops a type that is only borrowed, too', async () => {
    const said = await lint({
      'src/store/row.ts': 'export type Row = string\n',
      'src/domain/leak.ts': `import type { Row } from '../store/row.ts'\n\nexport type Leak = Row\n`,
    })
    expect(said).toMatch(`src/domain/leak.ts:1:1: '../store/row.ts' import is restricted`)
  })

  it('stops a circle', async () => {
    const said = await lint({
      'src/domain/a.ts': `import { b } from './b.ts'\n\nexport const a = (): number => b()\n`,
      'src/domain/b.ts': `import { a } from './a.ts'\n\nexport const b = (): number => a()\n`,
    })
    expect(said).toContain('import(no-cycle)')
  })
})
