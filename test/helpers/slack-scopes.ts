import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TestProject } from 'vitest/node'

import { compareWithManifest, notedCalls, noteCallsIn } from '../slack/fake-slack/calls-file.ts'

/** After a run of all tests: `manifest.yml` asks for what Slack was asked to do in them, no more and no less. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-slack-'))
  const file = join(folder, 'calls')
  noteCallsIn(file)
  return async () => {
    const faults = (await isWholeRun(project)) ? compareWithManifest(notedCalls(file)) : []
    await rm(folder, { recursive: true, force: true })
    if (faults.length === 0) return
    console.error(['manifest.yml and the code disagree:', ...faults].join('\n  '))
    process.exitCode = 1
  }
}

async function isWholeRun(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles()
  return project.vitest.state.getTestModules().length >= testFiles.length
}
