// tsc copies no files but TypeScript: SQL migrations and Lua scripts go beside the compiled code.
import { cpSync } from 'node:fs'

const isAsset = (path) => !/\.ts$/.test(path)
cpSync('src', 'dist', { recursive: true, filter: isAsset })
