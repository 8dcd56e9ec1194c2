import type { ActionProbeConfig, HttpProbeConfig, ProbeConfig } from '../../config/types.ts'
import type { ProbeReading } from '../../domain/ports/probes.ts'
import { notesOn, type Finding } from './finding.ts'
import type { DoctorPorts } from './ports.ts'

const note = notesOn('probes')

/** What the probes without side effects say; those with side effects are named, never run. */
export async function checkProbes({ config, probes }: DoctorPorts): Promise<readonly Finding[]> {
  const readings = await probes.readAll()
  return [
    ...readings.map(finding),
    ...config.probes.filter((probe) => probe.kind === 'action').map(notRun),
    ...config.probes.filter(isOpenLogin).map(openLogin),
  ]
}

function finding({ name, state, words }: ProbeReading): Finding {
  const what = `${name}: ${words}`
  switch (state) {
    case 'well':
      return note.ok(what)
    case 'unwell':
      return note.warn(
        what,
        'Replays on its queues do not go on while it says so. If all is well there, correct the probe.',
      )
    case 'unknown':
      return note.fail(
        what,
        `Check the address and the login of the probe ${name}. Replays on its queues hold until it answers.`,
      )
  }
}

const notRun = ({ name, method }: ActionProbeConfig): Finding =>
  note.ok(`${name}: a ${method} with side effects; it runs only when a person says so, not now`)

type WebProbe = HttpProbeConfig | ActionProbeConfig

/** Whether credentials go over a network as they are. */
function isOpenLogin(probe: ProbeConfig): probe is WebProbe {
  if (probe.kind === 'sql' || probe.kind === 'connections') return false
  const { protocol, hostname, username, password } = new URL(probe.url)
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  const hasLogin = probe.bearer !== null || `${username}${password}` !== ''
  return protocol === 'http:' && !isLocal && hasLogin
}

const openLogin = ({ name }: WebProbe): Finding =>
  note.warn(
    `${name}: its credentials travel unencrypted`,
    'Use an address that begins with https://.',
  )
