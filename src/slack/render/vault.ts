import type { KnownBlock } from '@slack/types'

import { ACTION_WORDS } from '../../domain/action-words.ts'
import { formatDuration } from '../../domain/duration.ts'
import { shownFilter } from '../../domain/filter-shown.ts'
import type { VaultExit } from '../../domain/ports/vault-reads.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime, exactTime } from '../../domain/time.ts'
import type { VaultJobState, VaultSet } from '../../domain/vault.ts'
import type { VaultSetShare, VaultSetView, VaultView } from '../../domain/views-jobs.ts'
import type { Locale } from '../../domain/views.ts'
import { actions, context, firstFew, message, section, type Rendered } from './elements.ts'
import { jobSections } from './jobs.ts'
import { code, mention, queueName, quoted } from './mrkdwn.ts'
import { bytes } from './numbers.ts'

const MAX_SETS = 8
const MAX_SHARES = 8
const MAX_EXITS = 5

/** What people call a set. */
export const vaultName = (number: number): string => `*v${number}*`

/** Sets that hold something, newest first: whose, how many, how old, until when. */
export function renderVault(view: VaultView, locale: Locale): Rendered {
  const title = titleOf(view)
  const shown = view.sets.slice(0, MAX_SETS)
  const isCut = view.isCut || view.sets.length > shown.length
  return message(
    title,
    section(`*${title}*`, view.sets.length === 0 ? EMPTY : null),
    shown.map((set) => section(...setLines(set, view.at, locale))),
    context(
      isCut ? `the newest ${shown.length} are shown; ${othersWords(view, locale)}` : null,
      shown[0] === undefined
        ? null
        : `One in detail: ${code(`${locale.commands.queue} vault v${shown[0].number}`)}`,
      `as of ${exactTime(view.at, locale.timeZone)}`,
    ),
  )
}

/** Whoever named a queue, or has only one in the vault, finds an older set by its number alone. */
const othersWords = ({ ref }: VaultView, { commands }: Locale): string =>
  ref === null
    ? `name a queue for the others: ${code(`${commands.queue} vault <queue>`)}`
    : `others by their number: ${code(`${commands.queue} vault v<number>`)}`

const EMPTY = 'Jobs come here by `quarantine`, payload and all, and go back by `release`.'

function titleOf({ ref, totals }: VaultView): string {
  const where = ref === null ? '' : ` from ${queueName(ref)}`
  if (totals.held === 0) return `The vault holds nothing${where}`
  return `The vault holds ${plural(totals.held, 'job')}${where} in ${plural(totals.sets, 'set')}, ${bytes(totals.sizeBytes)}`
}

function setLines(set: VaultSet, now: Date, locale: Locale): readonly (string | null)[] {
  const { counts, oldestAt } = set
  const age =
    oldestAt === null ? null : `oldest ${formatDuration(now.getTime() - oldestAt.getTime())}`
  const numbers = [`*${plural(counts.held, 'job')}* held`, bytes(set.sizeBytes), age]
  return [
    `${vaultName(set.number)} ${queueName(set.ref)} · ${numbers.filter((part) => part !== null).join(' · ')}`,
    set.label === '' ? null : code(shownFilter(set.label), 200),
    whoseWords(set, now, locale),
  ]
}

function whoseWords(set: VaultSet, now: Date, { timeZone }: Locale): string {
  const why = set.reason === null ? '' : ` ${quoted(set.reason, 200)}`
  const until =
    set.keptUntil === null
      ? 'kept until somebody acts'
      : `kept until ${clockTime(set.keptUntil, timeZone, now)}`
  return `by ${mention(set.owner.userId)} ${clockTime(set.madeAt, timeZone, now)}${why} · ${until}`
}

/** One set: what it holds, what left it and by whom. */
export function renderVaultSet(view: VaultSetView, locale: Locale): Rendered {
  const { set, at } = view
  const title = `Vault v${set.number}: ${plural(set.counts.held, 'job')} of ${queueName(set.ref)} held`
  return message(
    title,
    section(`*${title}*`, ...setLines(set, at, locale).slice(1), otherStates(set)),
    shareBlocks(view.shares, at),
    view.sample.length === 0 ? [] : [section('*A few of them*'), ...jobSections(view.sample, at)],
    exitBlocks(view.exits, at, locale),
    actions(view.tokens, ['replay', 'release']),
    context(
      `${bytes(set.sizeBytes)} · as of ${exactTime(at, locale.timeZone)}`,
      `Some of them: ${code(`${locale.commands.queue} release v${set.number} type:…`)}`,
    ),
  )
}

const STATES: Readonly<Partial<Record<VaultJobState, string>>> = {
  copied: 'being taken',
  releasing: 'being put back',
  released: 'put back',
  discarded: 'discarded',
  expired: 'expired',
  forgotten: 'forgotten',
}

const otherStates = ({ counts }: VaultSet): string | null => {
  const parts = Object.entries(STATES).flatMap(([state, words]) => {
    const count = counts[state as VaultJobState]
    return count === 0 ? [] : [`${thousands(count)} ${words}`]
  })
  return parts.length === 0 ? null : parts.join(' · ')
}

function shareBlocks(shares: readonly VaultSetShare[], now: Date): readonly KnownBlock[] {
  if (shares.length === 0) return []
  return [
    section('*What it holds*', ...firstFew(shares, MAX_SHARES, (share) => shareLine(share, now))),
  ]
}

function shareLine({ count, type, shape, lastFailedAt }: VaultSetShare, now: Date): string {
  const last =
    lastFailedAt === null
      ? ''
      : ` · last failed ${formatDuration(now.getTime() - lastFailedAt.getTime())} ago`
  return `*${thousands(count)}×* ${code(type, 80)}${shape === null ? '' : ` ${code(shape)}`}${last}`
}

function exitBlocks(
  exits: readonly VaultExit[],
  now: Date,
  { timeZone }: Locale,
): readonly KnownBlock[] {
  if (exits.length === 0) return []
  const line = ({ count, state, plan, action, by, lastAt }: VaultExit): string => {
    const when = lastAt === null ? 'under way' : clockTime(lastAt, timeZone, now)
    return `${plural(count, 'job')} ${STATES[state] ?? state} by ${mention(by.userId)}, ${ACTION_WORDS[action].noun} (plan ${plan}) · ${when}`
  }
  return [section('*What left it*', ...firstFew(exits, MAX_EXITS, line))]
}
