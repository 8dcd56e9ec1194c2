import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const ROOT = resolve(import.meta.dirname, '../..')

/** Compiles the bot as it is released, so that a bench never measures an old build. Returns its entry file. */
export async function buildBot(): Promise<string> {
  await promisify(execFile)('npm', ['run', 'build'], { cwd: ROOT })
  return resolve(ROOT, 'dist/main.js')
}
