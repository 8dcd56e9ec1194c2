import { z } from 'zod'

import {
  address,
  databaseAddress,
  duration,
  listOf,
  optional,
  probeName,
  section,
  sentToken,
  share,
  whole,
  words,
} from './values.ts'

const about = z.enum(['health', 'external', 'end_to_end'])
const webAddress = address(['http', 'https'])

/** Statuses that mean well; a single one need not be a list. */
const statuses = (usual: readonly number[]) =>
  z
    .preprocess(
      (value) => (typeof value === 'number' || typeof value === 'string' ? [value] : value),
      z.array(whole(100, 599)).min(1),
    )
    .default([...usual])

const READ_MS = 5000
const ACT_MS = 10_000

const base = { name: probeName, queues: listOf(words).check(z.minLength(1)).default(['*']) }
const reading = {
  ...base,
  about: about.default('health'),
  within: duration.default(READ_MS),
}

const http = section({
  ...reading,
  kind: z.literal('http'),
  url: webAddress,
  expect: statuses([200]),
  bearer: optional(sentToken),
})

const sql = section({ ...reading, kind: z.literal('sql'), url: databaseAddress, query: words })

const connections = section({
  ...reading,
  kind: z.literal('connections'),
  url: databaseAddress,
  most: share.default(0.8),
})

const action = section({
  ...base,
  about: about.default('end_to_end'),
  within: duration.default(ACT_MS),
  kind: z.literal('action'),
  url: webAddress,
  method: z.enum(['POST', 'PUT']).default('POST'),
  body: optional(z.string()),
  expect: statuses([200, 201, 202]),
  bearer: optional(sentToken),
})

/** Things outside the queues that tell whether work can be done. */
export const probes = z.array(
  z.discriminatedUnion('kind', [http, sql, connections, action], {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'must be one of http, sql, connections, action.' : undefined,
  }),
)
