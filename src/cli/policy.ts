import { parseArgs } from 'node:util'

import { loadConfig } from '../config/load.ts'
import type { Env } from '../config/substitute.ts'
import type { Config } from '../config/types.ts'
import { ACTION_KINDS } from '../domain/action.ts'
import { OperatorError } from '../domain/errors.ts'
import type { RoleAction } from '../domain/policy.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import type { QueueRef } from '../domain/queue.ts'
import { suggest } from '../domain/suggest.ts'
import { listing } from '../domain/text.ts'
import { explainPolicy } from '../usecases/people/explain.ts'
import { explained } from './policy/explained.ts'
import { openPeople } from './policy/people.ts'
import { printPolicy } from './policy/table.ts'

export interface PolicyCall {
  /** What stands after `policy`: nothing, or `explain <person> <action> [<queue>]`; `--config <file>`. */
  readonly args: readonly string[]
  readonly env: Env
  readonly cwd: string
  readonly clock: Clock
  readonly log: Log
  readonly write: (text: string) => void
}

const MAY_NOT = 3

/**
 * `spillway policy`: the rules as a table; with `explain`, whether a person may. Resolves to the exit code: 3
 * for who may not. Throws `bad_input` for words that mean nothing here.
 */
export async function policy(call: PolicyCall): Promise<0 | 3> {
  const { values, positionals } = parseArgs({
    args: [...call.args],
    options: { config: { type: 'string' } },
    allowPositionals: true,
  })
  const path = values.config === undefined ? {} : { path: values.config }
  const config = loadConfig({ env: call.env, cwd: call.cwd, ...path })
  const [verb, ...words] = positionals
  if (verb === undefined) {
    call.write(printPolicy(config.settings))
    return 0
  }
  if (verb !== 'explain')
    throw bad(`There is no \`policy ${verb}\`.`, `Use ${USAGE}, or \`spillway policy\` alone.`)
  return explain(call, config, words)
}

const USAGE = '`spillway policy explain <person U…> <action> <system/queue>`'

async function explain(
  call: PolicyCall,
  config: Config,
  [person, word, queue, ...more]: readonly string[],
): Promise<0 | 3> {
  if (person === undefined || word === undefined || more.length > 0)
    throw bad('A person and an action are needed.', `Use ${USAGE}.`)
  if (!/^[UW][A-Z0-9]{2,20}$/.test(person))
    throw bad(
      `\`${person}\` is not a Slack user id (U…).`,
      'In Slack, open the profile and choose "Copy member ID".',
    )
  const action = actionOf(word)
  const ref = action === 'freeze' ? null : refOf(config, queue)
  const { chat, teamId, problem } = await openPeople(call, config)
  const view = await explainPolicy(
    { chat, settings: config.settings },
    { actor: { teamId, userId: person }, action, ref },
  )
  call.write(explained(view, problem))
  return view.decision.allow ? 0 : MAY_NOT
}

const ACTIONS: readonly RoleAction[] = [...ACTION_KINDS, 'freeze']

function actionOf(word: string): RoleAction {
  const action = ACTIONS.find((known) => known === word)
  if (action !== undefined) return action
  const near = suggest(word, ACTIONS)
  throw bad(
    `There is no action \`${word}\`.${near === null ? '' : ` Did you mean \`${near}\`?`}`,
    `There are ${listing(ACTIONS)}.`,
  )
}

/** `system/queue`; the queue alone where there is one system. Whether the queue exists is no matter of policy. */
function refOf({ systems }: Config, word: string | undefined): QueueRef {
  const names = systems.map(({ name }) => name)
  const [only, ...others] = names
  const cut = word?.indexOf('/') ?? -1
  if (word !== undefined && names.includes(word.slice(0, cut)))
    return { system: word.slice(0, cut), queue: word.slice(cut + 1) }
  if (word !== undefined && cut < 0 && only !== undefined && others.length === 0)
    return { system: only, queue: word }
  throw bad(
    word === undefined ? 'A queue is needed.' : `\`${word}\` names no system.`,
    `Write it as system/queue; the systems are ${listing(names)}.`,
  )
}

const bad = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_input', happened, advice)
