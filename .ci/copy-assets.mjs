// tsc copies no files but TypeScript: SQL migrations and Lua scripts go beside the compiled code.
import { cpSync, existsSync } from 'node:fs'

const isAsset = (path) => {
  if (path.endsWith('.ts')) return false
  // `x.js` beside `x.ts` would replace what was compiled from it.
  if (path.endsWith('.js') && existsSync(path.replace(/\.js$/, '.ts')))
    throw new Error(`${path} has the name of compiled code`)
  return true
}
cpSync('src', 'dist', { recursive: true, filter: isAsset })
