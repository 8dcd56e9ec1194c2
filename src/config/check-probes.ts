import type { Problem } from './problems.ts'
import type { ConfigFile } from './schema.ts'

type ProbeFile = ConfigFile['probes'][number]

/** Names tell probes apart; one way to log in is enough; and an answer needs some time. */
export const checkProbes = ({ probes }: ConfigFile): Problem[] =>
  probes.flatMap((probe, index) => [
    ...checkName(probe, probes.slice(0, index)).map((words) => ({
      path: ['probes', index, 'name'],
      words,
    })),
    ...checkLogin(probe).map((words) => ({ path: ['probes', index, 'bearer'], words })),
    ...checkTime(probe).map((words) => ({ path: ['probes', index, 'within'], words })),
  ])

const nameOf = ({ name }: ProbeFile): string => name.toLowerCase()

const checkName = (probe: ProbeFile, earlier: readonly ProbeFile[]): string[] =>
  earlier.some((other) => nameOf(other) === nameOf(probe))
    ? ['is the name of another probe already.']
    : []

function checkLogin(probe: ProbeFile): string[] {
  if (!('bearer' in probe) || probe.bearer === null) return []
  const { username, password } = new URL(probe.url)
  return username === '' && password === ''
    ? []
    : ['cannot be sent beside the credentials in url; keep one of the two.']
}

const LEAST_MS = 100
const MOST_MS = 60_000

const checkTime = ({ within }: ProbeFile): string[] =>
  within < LEAST_MS || within > MOST_MS ? ['must be from 100ms to 1m.'] : []
