import type { Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { ChatRefusal, type FilePlace, type NewFile } from '../../domain/ports/chat.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { plural } from '../../domain/text.ts'
import type { Deps } from '../deps.ts'
import { exportOutcomes } from './export-outcomes.ts'

/** Some 200,000 jobs: more is no longer read in Slack, and would be held in memory as a whole. */
const MAX_BYTES = 20 * 1024 * 1024

/** Where the table of outcomes went. */
export interface SentOutcomes {
  readonly jobs: number
  /** The channel with the plan's card, in whose thread it is; null: sent to the person directly. */
  readonly channelId: string | null
}

/** The command that writes the same table where Spillway runs, however large it is. */
export const outcomesCommand = (plan: number): string =>
  `spillway jobs outcomes ${plan} --format csv --out plan-${plan}.csv`

/**
 * Sends what became of every job of a plan as a CSV file: into the thread of the plan's card, preferably the one
 * where it was asked for, else to the person who asked. Throws `too_many` where it is too large for Slack,
 * `not_supported` where Slack does not let us post files; either names the command that writes it elsewhere.
 */
export async function sendOutcomes(
  deps: Pick<Deps, 'store' | 'chat' | 'log'>,
  request: {
    readonly plan: Plan
    readonly userId: string
    /** Where it was asked for. */
    readonly channelId: string
  },
): Promise<SentOutcomes> {
  const { plan, userId } = request
  const { jobs, content } = await tableOf(deps, plan)
  const title = `Outcomes of plan ${plan.number}: ${plural(jobs, 'job')}`
  const file: NewFile = { name: `plan-${plan.number}.csv`, title, content }
  const direct = { userId, words: `${title}, one a line.` }
  const card = await cardOf(deps.store.now, plan, request.channelId)
  if (card !== null && (await isPosted(deps, file, card, plan)))
    return { jobs, channelId: card.channelId }
  if (!(await isPosted(deps, file, direct, plan))) throw notTaken(plan, 'it does not say why')
  return { jobs, channelId: null }
}

async function tableOf(
  { store }: Pick<Deps, 'store'>,
  { number }: Plan,
): Promise<{ readonly jobs: number; readonly content: Uint8Array }> {
  const parts: Buffer[] = []
  let size = 0
  const write = async (text: string): Promise<void> => {
    const part = Buffer.from(text)
    size += part.length
    if (size > MAX_BYTES) throw tooLarge(number)
    parts.push(part)
  }
  const jobs = await exportOutcomes(store, { plan: number, format: 'csv', write })
  return { jobs, content: Buffer.concat(parts) }
}

type CardPlace = Extract<FilePlace, { readonly channelId: string }>

/** The plan's card as Slack has it: where it was asked for, else where everybody sees it. */
async function cardOf(
  { messages }: Pick<Repositories, 'messages'>,
  { id }: Plan,
  channelId: string,
): Promise<CardPlace | null> {
  const cards = (await messages.ofPlan(id)).flatMap(({ target, channelId: channel, ts }) =>
    channel === null || ts === null ? [] : [{ channelId: channel, threadTs: ts, target }],
  )
  const card =
    cards.find((one) => one.channelId === channelId) ??
    cards.find(({ target }) => target.kind !== 'person')
  return card === undefined ? null : { channelId: card.channelId, threadTs: card.threadTs }
}

/** False where this place does not take it, and another may. */
async function isPosted(
  { chat, log }: Pick<Deps, 'chat' | 'log'>,
  file: NewFile,
  place: FilePlace,
  plan: Plan,
): Promise<boolean> {
  try {
    await chat.postFile(file, place)
    return true
  } catch (error) {
    if (!(error instanceof ChatRefusal)) throw error
    if (NOWHERE.has(error.code)) throw notTaken(plan, error.code)
    log.warn({ event: 'outcomes.refused', code: error.code, plan: plan.number }, 'not posted there')
    return false
  }
}

/** What Slack says of files everywhere, not of one place. */
const NOWHERE = new Set([
  'missing_scope',
  'not_allowed_token_type',
  'no_permission',
  'file_uploads_disabled',
  'file_uploads_except_images_disabled',
  'storage_limit_reached',
])

const notTaken = (plan: Plan, code: string): OperatorError =>
  new OperatorError(
    'not_supported',
    code === 'missing_scope'
      ? 'Slack did not take the file: the app lacks the scope `files:write`.'
      : `Slack did not take the file (${code}).`,
    `Nothing is lost: \`${outcomesCommand(plan.number)}\` writes the same table where Spillway runs.${code === 'missing_scope' ? ' `spillway doctor` says how to add the scope.' : ''}`,
  )

const tooLarge = (plan: number): OperatorError =>
  new OperatorError(
    'too_many',
    `The table of plan ${plan} is larger than ${MAX_BYTES / 1024 / 1024} MB.`,
    `Nothing was posted. \`${outcomesCommand(plan)}\` writes all of it where Spillway runs.`,
  )
