import type { BullmqSystemConfig } from '../../config/types.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Log } from '../../domain/ports/runtime.ts'
import { queueKeys } from './keys.ts'
import {
  FIRST_REPLIES,
  firstCommands,
  firstLook,
  secondCommands,
  secondLook,
  type FirstLook,
  type QueueFacts,
} from './overview.ts'
import { fromReply, READ_ADVICE, translated } from './problems.ts'
import { encode } from './wire/encode.ts'
import { endpointOf } from './wire/endpoint.ts'
import { isProblem, type Reply, type ReplyProblem } from './wire/reply-reader.ts'
import { openWire, type Wire } from './wire/wire.ts'

/** Queues per question: the second look at the first ones goes out while Redis still works at the last ones. */
const CHUNK = 100
/** Encoded questions that are kept, for about 20,000 queues: the same ones are asked again and again. */
const KEPT = 200

export interface QueueReader {
  /**
   * The facts of many queues in one pipelined pass, in the order asked for. Null for a queue that cannot be
   * read (a key of another type, a key that our user may not see) while others can; if none can, throws
   * `OperatorError('not_supported')`. Throws `OperatorError('system_unreachable')` if Redis is away.
   */
  read(queues: readonly string[]): Promise<readonly (QueueFacts | null)[]>
  /** Counts and flag of one queue, in one step. Throws as `read` does. */
  glance(queue: string): Promise<FirstLook>
  close(): void
}

/** Reads with plain commands on a socket of its own: none keeps Redis busy, and none needs the right to scripts. */
export function openQueueReader(config: BullmqSystemConfig, log: Log): QueueReader {
  const wire = openWire(endpointOf(config.url))
  const encoded = rememberEncoded()
  const told = new Set<string>()
  const withoutProblem = (queue: string, answer: Answer): QueueFacts | null => {
    if (!isProblem(answer)) return answer
    if (!told.has(queue))
      log.warn({ system: config.name, queue, problem: answer.problem }, 'queue cannot be read')
    told.add(queue)
    return null
  }
  return {
    async read(queues) {
      const bases = queues.map((queue) => queueKeys(config.prefix, queue).base)
      const answers = await readAll(wire, bases, encoded).catch((error: unknown) => {
        throw translated(error, config, READ_ADVICE)
      })
      throwIfNone(config, queues, answers)
      return answers.map((answer, index) => withoutProblem(queues[index] ?? '', answer))
    },
    async glance(queue) {
      const { base } = queueKeys(config.prefix, queue)
      const replies = await wire
        .ask(firstCommands(base), FIRST_REPLIES)
        .catch((error: unknown) => Promise.reject(translated(error, config, READ_ADVICE)))
      const look = problemIn(replies, 0, FIRST_REPLIES) ?? firstLook(replies)
      if (isProblem(look)) throw unreadable(config, queue, look)
      return look
    },
    close: () => wire.close(),
  }
}

type Answer = QueueFacts | ReplyProblem

async function readAll(
  wire: Wire,
  bases: readonly string[],
  encoded: (bases: readonly string[]) => Buffer,
): Promise<readonly Answer[]> {
  // With nothing to read it still matters whether Redis is there.
  if (bases.length === 0) await wire.ask(encode('PING'), 1)
  const chunks = Array.from({ length: Math.ceil(bases.length / CHUNK) }, (_, index) =>
    bases.slice(index * CHUNK, (index + 1) * CHUNK),
  )
  const answers = await Promise.all(chunks.map((chunk) => readChunk(wire, chunk, encoded(chunk))))
  return answers.flat()
}

/** Two looks: a job's age can be asked for only once its id is known. */
async function readChunk(
  wire: Wire,
  bases: readonly string[],
  request: Buffer,
): Promise<readonly Answer[]> {
  const replies = await wire.ask(request, bases.length * FIRST_REPLIES)
  const looks = bases.map((base, index) => {
    const at = index * FIRST_REPLIES
    const look = problemIn(replies, at, FIRST_REPLIES) ?? firstLook(replies, at)
    return { look, commands: isProblem(look) ? [] : secondCommands(base, look) }
  })
  const commands = looks.flatMap((each) => each.commands)
  const more = commands.length === 0 ? [] : await wire.ask(commands.join(''), commands.length)
  let at = 0
  return looks.map(({ look, commands: { length } }) => {
    const start = at
    at += length
    if (isProblem(look)) return look
    return problemIn(more, start, length) ?? secondLook(look, more.slice(start, at))
  })
}

function problemIn(replies: readonly Reply[], at: number, count: number): ReplyProblem | null {
  for (let index = at; index < at + count; index += 1) {
    const reply = replies[index]
    if (reply !== undefined && isProblem(reply)) return reply
  }
  return null
}

/** One broken queue must not hide the others; but a problem of them all is not to be passed over in silence. */
function throwIfNone(
  config: BullmqSystemConfig,
  queues: readonly string[],
  answers: readonly Answer[],
): void {
  const [first] = answers
  if (first === undefined || !isProblem(first) || !answers.every((answer) => isProblem(answer)))
    return
  throw unreadable(config, queues[0] ?? '', first)
}

const unreadable = (
  config: BullmqSystemConfig,
  queue: string,
  { problem }: ReplyProblem,
): OperatorError =>
  fromReply(problem, config, READ_ADVICE) ??
  new OperatorError(
    'not_supported',
    `Queue "${queue}" of system "${config.name}" cannot be read: ${problem}`,
    `Nothing was changed. Look in Redis at what its keys \`${queueKeys(config.prefix, queue).base}…\` hold: they are not as BullMQ writes them.`,
  )

/** Encodes a question once, however often it is asked. */
function rememberEncoded(): (bases: readonly string[]) => Buffer {
  const known = new Map<string, Buffer>()
  return (bases) => {
    const key = JSON.stringify(bases)
    const request = known.get(key) ?? Buffer.from(bases.map(firstCommands).join(''))
    if (known.size >= KEPT && !known.has(key)) known.clear()
    known.set(key, request)
    return request
  }
}
