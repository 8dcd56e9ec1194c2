import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'

/** What a bench file exports: it measures, cleans up and returns the figures, `bench` first. */
interface Bench {
  run(options: Readonly<Record<string, string>>): Promise<Record<string, unknown>>
}

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => basename(file, '.ts'))

const { values, positionals } = parseArgs({ allowPositionals: true, strict: false })
const [name] = positionals

if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- <${names.join(' | ')}> [--json] [--option=value …]`)
  process.exitCode = 2
} else {
  const bench = (await import(`./${name}.ts`)) as Bench
  const options = Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)]],
    ),
  )
  const figures = await bench.run(options)
  if (values['json'] === true) console.log(JSON.stringify(figures))
  else
    for (const [key, value] of Object.entries(figures))
      console.log(`${key.padEnd(24)} ${String(value)}`)
  // Whatever a measured library left open must not keep the process.
  process.exit()
}
