import { setMaxListeners } from 'node:events'
import { createWriteStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { z } from 'zod'

import { payloadFor, providerFault } from './payload.ts'

/** What a worker process is told at its start, as JSON in its first argument. */
const OrderShape = z.object({
  host: z.string(),
  port: z.number(),
  queues: z.array(z.object({ name: z.string(), types: z.array(z.string()) })),
  ledgerPath: z.string().nullable(),
})
export type Order = z.infer<typeof OrderShape>

/** Jobs that come in while there is trouble: a heap, then steadily. */
const LoadShape = z.object({ atOnce: z.number(), perSecond: z.number() })
export type Load = z.infer<typeof LoadShape>

/** `down`: each try ends in an error. `slow`: each takes seconds, and succeeds. */
const TroubleShape = z.enum(['down', 'slow'])
type Trouble = z.infer<typeof TroubleShape>

/** What it is told later. */
const NoticeShape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('trouble'),
    queue: z.string(),
    trouble: TroubleShape,
    load: LoadShape,
  }),
  z.object({ kind: z.literal('heal'), queue: z.string() }),
])
export type Notice = z.infer<typeof NoticeShape>

interface CrewJob {
  readonly id?: string | undefined
}

/** One queue in the words of one BullMQ major. */
interface Bench {
  /** Adds jobs of one type with the options of the estate. */
  add(type: string, payloads: readonly object[]): Promise<void>
  close(): Promise<void>
}

/** Opens queue and worker; `work` is what the worker does with each job. */
export type OpenBench = (
  queue: string,
  connection: Connection,
  work: (job: CrewJob) => Promise<void>,
) => Bench

interface Connection {
  readonly host: string
  readonly port: number
  readonly maxRetriesPerRequest: null
}

/** One try: who is written to twice is lost as a customer. Enough is kept to look at, not to fill the memory. */
export const JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: 200,
  removeOnFail: 2000,
}
export const CONCURRENCY = 8

/** Between two jobs of the ordinary day. */
const TRAFFIC_MS = 500
/** One job of so many is of a queue's second type. */
const SIDE_SHARE = 11

interface Crew {
  readonly benches: ReadonlyMap<string, Bench>
  readonly types: ReadonlyMap<string, readonly string[]>
  readonly troubles: Map<string, Trouble>
  readonly signal: AbortSignal
}

/** Runs the queues of one major until the parent process goes away or ends us. */
export async function runCrew(open: OpenBench): Promise<void> {
  const order = OrderShape.parse(JSON.parse(process.argv[2] ?? '{}'))
  const stopping = new AbortController()
  // Every campaign of every queue listens to it.
  setMaxListeners(0, stopping.signal)
  const troubles = new Map<string, Trouble>()
  const note = openLedger(order.ledgerPath)
  const connection = { host: order.host, port: order.port, maxRetriesPerRequest: null }
  const benches = new Map(
    order.queues.map(({ name }) => [name, open(name, connection, worker(name, troubles, note))]),
  )
  const types = new Map(order.queues.map((queue) => [queue.name, queue.types]))
  const crew: Crew = { benches, types, troubles, signal: stopping.signal }
  listen(crew, stopping)
  await traffic(crew)
  await Promise.allSettled([...benches.values()].map((bench) => bench.close()))
  // A blocked connection may outlive its worker's close.
  process.exit(0)
}

type NoteLine = (queue: string, job: CrewJob, event: 'completed' | 'failed') => void

/** A line for each try, written before BullMQ hears of it, for whoever counts losses and repeats. */
function openLedger(path: string | null): NoteLine {
  if (path === null) return () => {}
  const stream = createWriteStream(path, { flags: 'a' })
  return (queue, { id }, event) =>
    void stream.write(`${JSON.stringify({ at: new Date().toISOString(), queue, id, event })}\n`)
}

/** How long a job takes: at least, and how much more by chance. */
const WORK_MS: Readonly<Record<Trouble | 'none', readonly [number, number]>> = {
  none: [15, 40],
  down: [400, 600],
  slow: [3000, 2000],
}

const worker =
  (queue: string, troubles: ReadonlyMap<string, Trouble>, note: NoteLine) =>
  async (job: CrewJob): Promise<void> => {
    const trouble = troubles.get(queue) ?? 'none'
    const [least, spread] = WORK_MS[trouble]
    await delay(least + Math.random() * spread)
    const isDown = trouble === 'down'
    note(queue, job, isDown ? 'failed' : 'completed')
    if (isDown) throw new Error(providerFault())
  }

function listen(crew: Crew, stopping: AbortController): void {
  const stop = () => stopping.abort()
  process.on('disconnect', stop)
  process.on('SIGTERM', stop)
  process.on('message', (raw) => {
    const notice = NoticeShape.parse(raw)
    if (notice.kind === 'heal') crew.troubles.delete(notice.queue)
    if (notice.kind === 'trouble' && !crew.troubles.has(notice.queue)) {
      crew.troubles.set(notice.queue, notice.trouble)
      void campaign(crew, notice.queue, notice.load).catch(stop)
    }
  })
}

const pick = <T>(items: readonly T[]): T | undefined =>
  items[Math.floor(Math.random() * items.length)]

const payloads = (queue: string, count: number): readonly object[] =>
  Array.from({ length: count }, () => payloadFor(queue))

/** Sleeps; false when it is time to stop. */
const rest = (ms: number, signal: AbortSignal): Promise<boolean> =>
  delay(ms, undefined, { signal }).then(
    () => true,
    () => false,
  )

async function traffic({ benches, types, signal }: Crew): Promise<void> {
  while (await rest(TRAFFIC_MS, signal)) {
    const [name, bench] = pick([...benches]) ?? []
    if (name === undefined || bench === undefined) return
    // Redis may be away for a while; a demo goes on when it is back.
    await bench.add(pick(types.get(name) ?? []) ?? 'job', payloads(name, 1)).catch(() => {})
  }
}

/** Work comes in just when its provider is in trouble, until that is over. */
async function campaign(
  { benches, types, troubles, signal }: Crew,
  queue: string,
  { atOnce, perSecond }: Load,
): Promise<void> {
  const bench = benches.get(queue)
  const [main = 'job', side = main] = types.get(queue) ?? []
  const add = async (type: string, count: number): Promise<void> => {
    if (count > 0) await bench?.add(type, payloads(queue, count))
  }
  await add(main, atOnce)
  while (troubles.has(queue) && (await rest(1000, signal))) {
    const few = Math.floor(perSecond / SIDE_SHARE)
    await add(main, perSecond - few)
    await add(side, few)
  }
}
