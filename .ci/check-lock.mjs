// `npm ci` refuses a lock file that lacks an optional package of another platform, and npm writes such
// a lock without a word when the registry does not have that package: every name must have an entry.
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const present = new Set(Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, '')))
const missing = new Set(
  Object.values(packages).flatMap((entry) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !present.has(name)),
  ),
)
const addresses = Object.values(packages).filter((entry) => /^https?:/.test(entry.resolved ?? ''))
if (missing.size > 0 || addresses.length > 0) {
  console.error(
    `package-lock.json is not portable: missing ${[...missing].join(', ') || 'nothing'}; ${addresses.length} download addresses`,
  )
  process.exit(1)
}
