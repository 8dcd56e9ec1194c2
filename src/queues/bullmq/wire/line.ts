import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { encode } from './encode.ts'
import type { Endpoint } from './endpoint.ts'
import { isProblem, ReplyReader, type Reply } from './reply-reader.ts'

const CONNECT_TIMEOUT_MS = 2000
const ANSWER_TIMEOUT_MS = 2000

interface Ask {
  readonly replies: Reply[]
  readonly count: number
  readonly timer: NodeJS.Timeout
  readonly resolve: (replies: readonly Reply[]) => void
  readonly reject: (error: Error) => void
}

/**
 * One socket to Redis. Answers come in the order of the questions, so a line on which one is overdue is
 * given up with all that were asked on it: an answer that comes late can never be taken for another.
 */
export class Line {
  /** Resolves once Redis knows who we are; rejects with what stood in the way, at the latest when it is overdue. */
  readonly ready: Promise<void>
  readonly #socket: Socket
  readonly #asks: Ask[] = []
  readonly #onDown: (problem: Error) => void
  #problem: Error | null = null

  constructor(endpoint: Endpoint, onDown: () => void) {
    const opening = gate()
    this.#socket = dial(endpoint, opening.open)
    this.#onDown = (problem) => {
      opening.fail(problem)
      onDown()
    }
    const reader = new ReplyReader((reply) => this.#take(reply))
    this.#socket.on('data', (chunk: Buffer) => this.#read(reader, chunk))
    this.#socket.on('error', (error) => this.giveUp(error))
    this.#socket.on('close', () => this.giveUp(new Error('the connection is down')))
    const timer = setTimeout(() => this.giveUp(new Error('connect ETIMEDOUT')), CONNECT_TIMEOUT_MS)
    this.ready = opening.opened
      .finally(() => clearTimeout(timer))
      .then(() => this.#greet(greeting(endpoint)))
    // Whoever asks is told; that nobody waits any more is no fault.
    this.ready.catch(() => {})
  }

  /** Resolves with `count` replies. Rejects if they are not all there in two seconds, or the line breaks. */
  ask(request: Buffer | string, count: number): Promise<readonly Reply[]> {
    if (this.#problem !== null) return Promise.reject(this.#problem)
    return new Promise((resolve, reject) => {
      const overdue = () => this.giveUp(new Error('Command timed out'))
      const timer = setTimeout(overdue, ANSWER_TIMEOUT_MS)
      this.#asks.push({ replies: [], count, timer, resolve, reject })
      this.#socket.write(request)
    })
  }

  giveUp(problem: Error): void {
    if (this.#problem !== null) return
    this.#problem = problem
    this.#socket.destroy()
    for (const { timer, reject } of this.#asks.splice(0)) {
      clearTimeout(timer)
      reject(problem)
    }
    this.#onDown(problem)
  }

  #read(reader: ReplyReader, chunk: Buffer): void {
    if (this.#problem !== null) return
    try {
      reader.push(chunk)
    } catch (error) {
      this.giveUp(new Error('what answers there is no Redis', { cause: error }))
    }
  }

  #take(reply: Reply): void {
    const [ask] = this.#asks
    if (ask === undefined) throw new Error('an answer to nothing that was asked')
    ask.replies.push(reply)
    if (ask.replies.length < ask.count) return
    this.#asks.shift()
    clearTimeout(ask.timer)
    ask.resolve(ask.replies)
  }

  async #greet(steps: readonly Step[]): Promise<void> {
    const replies = await this.ask(steps.map(({ command }) => command).join(''), steps.length)
    for (const [index, { forgives }] of steps.entries()) {
      const reply = replies[index] ?? null
      if (!isProblem(reply) || forgives.test(reply.problem)) continue
      const problem = new Error(reply.problem)
      this.giveUp(problem)
      throw problem
    }
  }
}

/** Nothing is sent before a TLS peer has proven who it is: the first words hold the password. */
function dial({ host, port, family, tls }: Endpoint, onOpen: () => void): Socket {
  const where = { host, port, family }
  const socket = tls === null ? connect(where, onOpen) : connectTls({ ...where, ...tls }, onOpen)
  return socket.setNoDelay(true).setKeepAlive(true)
}

function gate() {
  let open = (): void => {}
  let fail = (_problem: Error): void => {}
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { opened, open: () => open(), fail: (problem: Error) => fail(problem) }
}

interface Step {
  readonly command: string
  /** Answers that do no harm. */
  readonly forgives: RegExp
}

const NOTHING = /(?!)/
const ANYTHING = /^/
/** A server that needs no password lets us in all the same. */
const NO_PASSWORD = /no password is set|without any password configured/

function greeting({ username, password, db }: Endpoint): readonly Step[] {
  const who = [username ?? [], password ?? []].flat()
  return [
    ...(password === null ? [] : [{ command: encode('AUTH', ...who), forgives: NO_PASSWORD }]),
    // A name helps whoever looks at CLIENT LIST; some hosts forbid it.
    { command: encode('CLIENT', 'SETNAME', 'spillway:overview'), forgives: ANYTHING },
    ...(db === 0 ? [] : [{ command: encode('SELECT', String(db)), forgives: NOTHING }]),
  ]
}
