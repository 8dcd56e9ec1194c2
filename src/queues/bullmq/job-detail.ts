import type { Redis } from 'ioredis'
import { z } from 'zod'

import { clusterOf } from '../../domain/failure-cluster.ts'
import type { JobDetail, JobWhereabouts } from '../../domain/job-details.ts'
import { redactJson, redactText } from '../../domain/redaction.ts'
import { thousands } from '../../domain/text.ts'
import { LONGEST_ERROR, LONGEST_STACKS, toFacts } from './jobs/facts.ts'
import type { QueueKeys } from './keys.ts'
import { loadScript, runScript } from './scripts.ts'

const script = loadScript('job', 'ties')

/** A thousand places take Redis 40 µs; a line of half a million is looked through at both its ends. */
const REACH = 20_000
const SHOWN_DATA = 1500
const SHOWN_LINE = 300
const FRAMES = 4

const Reply = z.array(z.string())

/** One job as it is at this instant, redacted and cut; null where there is none of this id. */
export async function readJob(
  redis: Redis,
  prefix: string,
  { base }: QueueKeys,
  id: string,
): Promise<JobDetail | null> {
  const reply = await runScript(redis, script, [base], [id, LONGEST_ERROR, LONGEST_STACKS, REACH])
  const said = toSaid(Reply.parse(reply))
  if (said.one('name') === null) return null
  const { type, addedAt, endedAt, attempts, priority } = factsOf(id, said)
  return {
    id,
    type,
    where: WHERE[said.one('where') ?? ''] ?? 'nowhere',
    ahead: said.number('ahead'),
    addedAt,
    dueAt: dueAt(said),
    startedAt: dateOf(said.number('processedOn')),
    endedAt,
    attempts,
    maxAttempts: maxAttempts(said.one('opts')),
    stalls: said.number('stc') ?? said.number('stalledCounter') ?? 0,
    priority,
    isLocked: said.number('locked') === 1,
    failure: failureOf(id, said),
    data: shownData(said),
    dataBytes: said.number('dataBytes') ?? 0,
    progress: progressOf(said.one('progress')),
    logs: {
      last: said.all('log').map((line) => redactJson(line, { maxLength: SHOWN_LINE })),
      total: said.number('logs') ?? 0,
    },
    parent: parentOf(prefix, said.one('parentKey')),
    children: {
      waiting: said.number('childrenWaiting') ?? 0,
      done: said.number('childrenDone') ?? 0,
      failed: said.number('childrenFailed') ?? 0,
    },
    deduplicationId: said.one('deid'),
    scheduler: said.one('rjk'),
  }
}

const WHERE: Readonly<Record<string, JobWhereabouts>> = {
  wait: 'waiting',
  paused: 'waiting',
  active: 'active',
  prioritized: 'prioritized',
  delayed: 'delayed',
  failed: 'failed',
  completed: 'completed',
  'waiting-children': 'waiting_children',
  unseen: 'unseen',
}

/** What the script said, by name. */
interface Said {
  one(name: string): string | null
  all(name: string): readonly string[]
  number(name: string): number | null
}

function toSaid(reply: readonly string[]): Said {
  const values = new Map<string, string[]>()
  for (let at = 0; at + 1 < reply.length; at += 2) {
    const name = reply[at] ?? ''
    values.set(name, [...(values.get(name) ?? []), reply[at + 1] ?? ''])
  }
  const one = (name: string): string | null => values.get(name)?.[0] ?? null
  return {
    one,
    all: (name) => values.get(name) ?? [],
    number(name) {
      const value = Number(one(name) ?? Number.NaN)
      return Number.isFinite(value) ? value : null
    },
  }
}

const factsOf = (id: string, said: Said) =>
  toFacts(id, 'failed', {
    name: said.one('name') ?? '',
    timestamp: said.one('timestamp') ?? '',
    finishedOn: said.one('finishedOn') ?? '',
    attempts: said.one('atm') ?? said.one('attemptsMade') ?? '0',
    priority: said.one('priority') ?? '0',
    failedReason: said.one('failedReason') ?? '',
    stacktrace: said.one('stacktrace'),
    data: null,
  })

const dateOf = (ms: number | null): Date | null => (ms === null || ms <= 0 ? null : new Date(ms))

/** The score of a delayed job is its time with twelve bits of order behind. */
const dueAt = (said: Said): Date | null =>
  said.one('where') === 'delayed' ? dateOf(Math.floor((said.number('score') ?? 0) / 0x1000)) : null

const Options = z.object({ attempts: z.number().optional() })

function maxAttempts(opts: string | null): number | null {
  try {
    return Options.parse(JSON.parse(opts ?? '')).attempts ?? 1
  } catch {
    return null
  }
}

function failureOf(id: string, said: Said): JobDetail['failure'] {
  const facts = factsOf(id, said)
  if (facts.error === null) return null
  return {
    cluster: clusterOf(facts).key,
    error: redactText(facts.error, { maxLength: SHOWN_LINE }),
    frames: (facts.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, FRAMES)
      .map((line) => redactText(line.trim(), { maxLength: SHOWN_LINE })),
  }
}

function shownData(said: Said): string {
  const data = said.one('data')
  return data === null
    ? `(not shown: ${thousands(said.number('dataBytes') ?? 0)} bytes)`
    : redactJson(data, { maxLength: SHOWN_DATA })
}

/** BullMQ writes 0 where none was reported. */
const progressOf = (progress: string | null): string | null =>
  progress === null || progress === '0' ? null : redactJson(progress, { maxLength: SHOWN_LINE })

/** `bull:outreach:whatsapp:send:17`: the id stands behind the last colon. */
function parentOf(prefix: string, key: string | null): JobDetail['parent'] {
  const colon = key?.lastIndexOf(':') ?? -1
  if (key === null || colon <= 0) return null
  const queue = key.slice(0, colon)
  const name = queue.startsWith(`${prefix}:`) ? queue.slice(prefix.length + 1) : queue
  return { queue: name, id: key.slice(colon + 1) }
}
