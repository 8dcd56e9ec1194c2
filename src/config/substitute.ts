import type { Path, Problem } from './problems.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** `${NAME}`, `${NAME:-default}`; `$${` stands for a literal `${`. */
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g
const INNER = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

/**
 * Puts environment variables into every text of a parsed file, keys excepted. What a variable holds is
 * taken as it is: never parsed as YAML, never substituted again.
 */
export function substitute(
  value: unknown,
  env: Env,
): { readonly value: unknown; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const replaced = walk(value, [], (text, path) =>
    fill(text, env, (words) => problems.push({ path, words })),
  )
  return { value: replaced, problems }
}

function walk(value: unknown, path: Path, onText: (text: string, path: Path) => string): unknown {
  if (typeof value === 'string') return onText(value, path)
  if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index], onText))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key], onText)]),
  )
}

function fill(text: string, env: Env, report: (words: string) => void): string {
  return text.replace(REFERENCE, (whole, inner: string | undefined) => {
    if (inner === undefined) return '${'
    const [, name, fallback] = INNER.exec(inner) ?? []
    if (name === undefined) {
      report(`\`${whole}\` is not a variable; write \${NAME} or \${NAME:-default}.`)
      return ''
    }
    const found = env[name]
    if (found !== undefined && (found !== '' || fallback === undefined)) return found
    if (fallback === undefined)
      report(`the environment variable ${name} is not set. Set it, or write \${${name}:-default}.`)
    return fallback ?? ''
  })
}
