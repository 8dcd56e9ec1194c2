import { randomUUID } from 'node:crypto'

import { afterEach, describe, expect, it } from 'vitest'

import { page, type Answer, type Route } from '../../../src/http/route.ts'
import { createHttpServer, type HttpServer } from '../../../src/http/server.ts'
import { eventually } from '../../helpers/eventually.ts'
import { inspectedLog } from '../../helpers/inspected-log.ts'

const started: HttpServer[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop(0)))
})

async function serve(routes: readonly Route[]) {
  const { log, entries } = inspectedLog()
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    routes,
    ids: { uuid: randomUUID },
    log,
  })
  started.push(server)
  return { server, entries, ...(await server.start()) }
}

describe('the server', () => {
  it('answers 500 with a correlation id and no details when a handler fails', async () => {
    const { url, entries } = await serve([
      page('/broken', () => Promise.reject(new Error('a detail'))),
    ])
    const answer = await fetch(`${url}/broken`)
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('a detail')
    const [entry] = entries
    expect(entry?.facts).toMatchObject({ correlationId: answer.headers.get('x-correlation-id') })
  })

  it('answers HEAD as GET, without the body', async () => {
    const { url } = await serve([page('/a', () => Promise.resolve({ status: 200, body: 'hello' }))])
    const answer = await fetch(`${url}/a?x=1`, { method: 'HEAD' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-length')).toBe('5')
    expect(await answer.text()).toBe('')
  })

  it('finishes what is under way before it stops, and takes no more', async () => {
    const finishers: (() => void)[] = []
    const slowly = (): Promise<Answer> =>
      new Promise((resolve) => {
        finishers.push(() => resolve({ status: 200, body: 'done' }))
      })
    const { server, url } = await serve([page('/slow', slowly)])
    const slow = fetch(`${url}/slow`)
    const end = await eventually('the request', () => finishers[0])
    const stopped = server.stop(10_000)
    await expect(fetch(`${url}/slow`)).rejects.toThrow('fetch failed')
    end()
    expect(await (await slow).text()).toBe('done')
    await stopped
  })

  it('cuts off at the deadline what never ends', async () => {
    let isReached = false
    const never = (): Promise<Answer> => {
      isReached = true
      return new Promise(() => undefined)
    }
    const { server, url } = await serve([page('/never', never)])
    const answer = fetch(`${url}/never`).then(
      () => 'answered',
      () => 'cut off',
    )
    await eventually('the request', () => isReached)
    await server.stop(50)
    expect(await answer).toBe('cut off')
  })

  it('rejects the start when the port is taken', async () => {
    const { port } = await serve([])
    const { log } = inspectedLog()
    const second = createHttpServer({
      host: '127.0.0.1',
      port,
      routes: [],
      ids: { uuid: randomUUID },
      log,
    })
    await expect(second.start()).rejects.toThrow('EADDRINUSE')
  })
})
