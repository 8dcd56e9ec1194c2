import { parseAnchorLines } from '../../domain/audit-anchor.ts'
import { entryJson } from '../../domain/audit-export.ts'
import { type AuditReport, isTampered } from '../../domain/audit-report.ts'
import { AUDIT_GENESIS, type AuditEntry, auditHash } from '../../domain/audit.ts'
import { plural } from '../../domain/text.ts'
import { wordsOf, type UiMessage } from '../ui/shapes.ts'
import { AUDIT_CHANNEL } from '../workspace.ts'
import type { Request } from './approval-steps.ts'
import { EntryShape } from './records.ts'
import { expectThat, type Outcome, type Scene } from './stage.ts'

/** After what was risky, the head of the trail goes where the database's owner cannot reach it. */
export async function anchored(scene: Scene, { plan }: Request): Promise<Outcome<void>> {
  const ended = (await scene.records.lastEntry(plan.id, 'outcome')) ?? 0
  expectThat(ended > 0, `the trail does not tell how plan ${plan.number} ended`)
  const covers = (message: UiMessage) => anchorSeq(message) >= ended
  const message = await scene.ui.waitForMessage(
    AUDIT_CHANNEL.id,
    covers,
    `an anchor of entry ${ended}`,
  )
  return [
    undefined,
    `entry ${ended} tells how plan ${plan.number} ended; #${AUDIT_CHANNEL.name} in Slack keeps the hash of entry ${anchorSeq(message)}`,
  ]
}

const anchorSeq = (message: UiMessage): number => parseAnchorLines(wordsOf(message))[0]?.seq ?? 0

/** As `spillway audit verify` does it, with the anchors read back from Slack. */
export async function audit({ records, trail }: Scene): Promise<Outcome<void>> {
  const entries = await records.auditTrail()
  const anchors = await trail.anchors()
  const report = await trail.verify(anchors)
  expectThat(!isTampered(report), `verification finds ${faultWords(report)}`)
  expectThat(report.entries === entries, `${report.entries} of ${entries} entries were verified`)
  expectThat(report.anchors.matched > 0, 'no anchor of Slack was compared')
  const { unvouched } = report
  const since =
    unvouched === null
      ? 'all of them'
      : `up to entry ${unvouched.from - 1}; for the ${plural(unvouched.to - unvouched.from + 1, 'later one', 'later ones')} only the database vouches until the next anchor`
  return [undefined, `${entries} entries, the chain is whole; Slack's anchor confirms ${since}`]
}

/** A copy of the trail in which a refusal was turned into an approval. */
interface Forgery {
  readonly lines: readonly string[]
  readonly entries: readonly AuditEntry[]
}

/** Changes one entry of a copy, as somebody with a database tool would: its hash tells. */
export async function tamper({ trail }: Scene, { plan }: Request): Promise<Outcome<Forgery>> {
  const lines = await trail.copy()
  const entries = lines.flatMap((line) => EntryShape.safeParse(JSON.parse(line)).data ?? [])
  const victim = entries.find(({ text }) => text.includes(DENIED) && text.includes(plan.id))
  if (victim === undefined) throw new Error('the copy has no refusal to hide')
  const edited = entries.map((entry) =>
    entry.seq === victim.seq
      ? { ...entry, text: entry.text.replace(DENIED, '"kind":"approved"') }
      : entry,
  )
  const report = await trail.verifyCopy(replaced(lines, edited), [])
  expectNamed(report, `edited ${victim.seq}`)
  return [
    { lines, entries: edited },
    `in a copy, the refusal in entry ${victim.seq} is turned into an approval; found: ${faultWords(report)}`,
  ]
}

/** Hashes the whole copy anew, as the database's owner could: the chain fits again, Slack's anchor does not. */
export async function rewrite(
  { trail }: Scene,
  { lines, entries }: Forgery,
): Promise<Outcome<void>> {
  const forged = replaced(lines, rehashed(entries))
  const alone = await trail.verifyCopy(forged, [])
  expectThat(!isTampered(alone), `the forgery is flawed: ${faultWords(alone)}`)
  const report = await trail.verifyCopy(forged, [await trail.anchors()])
  expectNamed(report, 'rewritten')
  return [
    undefined,
    `every hash of the copy is made to fit: the chain alone shows nothing; found with Slack: ${faultWords(report)}`,
  ]
}

const DENIED = '"kind":"denied"'

/** The copy with these entries, and without the anchors that the database itself notes: its owner changes those, too. */
const replaced = (lines: readonly string[], entries: readonly AuditEntry[]): readonly string[] => [
  ...entries.map(entryJson),
  ...lines.filter((line) => line.startsWith('{"end"')),
]

/** What an owner of the database can do: every hash fits again. */
function rehashed(entries: readonly AuditEntry[]): readonly AuditEntry[] {
  let previousHash = AUDIT_GENESIS
  return entries.map((entry) => {
    const link = { ...entry, previousHash }
    previousHash = auditHash(link)
    return { ...link, hash: previousHash }
  })
}

function expectNamed(report: AuditReport, wanted: string): void {
  const found = report.faults.map(({ kind, seq }) => `${kind} ${seq}`)
  const isThere = found.some((name) => name.startsWith(wanted))
  expectThat(isThere, `"${wanted}" was not found, but: ${faultWords(report) || 'nothing'}`)
}

const faultWords = ({ faults }: AuditReport): string =>
  faults
    .map(({ kind, seq, words }) => `entry ${seq}, ${kind.replaceAll('_', ' ')}: ${words}`)
    .join('; ')
