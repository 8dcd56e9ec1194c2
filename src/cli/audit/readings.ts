import { readFile } from 'node:fs/promises'

import type { Config, SecondWorkspaceConfig } from '../../config/types.ts'
import { parseAnchors } from '../../domain/audit-anchor.ts'
import { OperatorError } from '../../domain/errors.ts'
import { ChatRefusal } from '../../domain/ports/chat.ts'
import type { Log } from '../../domain/ports/runtime.ts'
import { readAnchors } from '../../slack/anchor-history.ts'
import { createClients } from '../../slack/clients.ts'
import { createIdentity } from '../../slack/identity.ts'
import { createOpsChannel } from '../../slack/own-channels.ts'
import { readAnchorFile } from '../../store/anchor-file.ts'
import { listReading, type Reading } from '../../usecases/audit/verify-trail.ts'

export interface Readings {
  readonly readings: readonly Reading[]
  /** Places that could not be read, in words: without them the verdict is not whole. */
  readonly problems: readonly string[]
}

/** Anchors from every configured place outside the database; one that is away keeps nobody from the others. */
export async function readPlaces(
  config: Config,
  log: Log,
  { isSlackAsked }: { readonly isSlackAsked: boolean },
): Promise<Readings> {
  const { audit, opsChannel } = config.settings
  const second = config.secondWorkspace
  const asked = [
    ...(audit.anchorFile === null ? [] : [readAnchorFile(audit.anchorFile)]),
    ...(isSlackAsked
      ? [fromSlack({ ...config.slack, channel: audit.anchorChannel ?? opsChannel }, 'slack', log)]
      : []),
    ...(isSlackAsked && second !== null ? [fromSlack(second, 'second', log)] : []),
  ]
  const answers = await Promise.allSettled(asked)
  return {
    readings: answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])),
    problems: answers.flatMap((answer) =>
      answer.status === 'rejected' ? [problemOf(answer.reason)] : [],
    ),
  }
}

/** Files that somebody kept: anchor lines, JSON lines, or a channel pasted as it was. Throws `bad_input`. */
export const readLists = (paths: readonly string[]): Promise<readonly Reading[]> =>
  Promise.all(
    paths.map(async (path) => {
      const anchors = parseAnchors(await readFile(path, 'utf8'))
      if (anchors.length > 0) return listReading(anchors)
      throw new OperatorError(
        'bad_input',
        `There is no anchor in ${path}.`,
        'Nothing was compared with it. An anchor is a line that begins with `spillway anchor v1`.',
      )
    }),
  )

async function fromSlack(
  place: SecondWorkspaceConfig,
  source: 'slack' | 'second',
  log: Log,
): Promise<Reading> {
  const { background: client } = createClients({ config: place, log })
  const bot = await createIdentity(client)()
  const channel = await createOpsChannel(client, place.channel)()
  return readAnchors({ client, channel, bot, source })
}

const problemOf = (error: unknown): string => {
  if (error instanceof OperatorError || error instanceof ChatRefusal) return error.message
  return error instanceof Error ? error.message : String(error)
}
