import { checkDatabase } from './check-database.ts'
import { checkPeople } from './check-people.ts'
import { checkProbes } from './check-probes.ts'
import { checkSlack } from './check-slack.ts'
import { checkSystems } from './check-systems.ts'
import { notesOn, wordsOf, type Area, type Finding } from './finding.ts'
import type { DoctorPorts } from './ports.ts'

/** Looks at everything, one part not waiting for another. Never rejects: what cannot be checked is a finding. */
export async function examine(ports: DoctorPorts): Promise<readonly Finding[]> {
  const [database, systems, probes, slack] = await Promise.all([
    settled('database', checkDatabase(ports)),
    settled('systems', checkSystems(ports)),
    settled('probes', checkProbes(ports)),
    settled('slack', checkSlack(ports)),
  ])
  // Without a token that works, every person would look like one who does not exist.
  const people =
    slack[0]?.level === 'fail' ? [NOT_ASKED] : await settled('people', checkPeople(ports))
  return [...database, ...systems, ...probes, ...slack, ...people]
}

const NOT_ASKED = notesOn('people').warn(
  'people and roles were not checked, for Slack cannot be asked',
  'Put Slack right first; then run doctor again.',
)

const settled = (area: Area, findings: Promise<readonly Finding[]>): Promise<readonly Finding[]> =>
  findings.catch((error: unknown) => [
    notesOn(area).fail(
      `this could not be checked to the end: ${wordsOf(error)}`,
      'Put that right, then run doctor again.',
    ),
  ])
