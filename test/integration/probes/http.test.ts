import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { serve } from './http-server.ts'
import { actionProbe, ask, httpProbe, opened } from './opened.ts'

const fixture = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../fixtures/tls', name))
const TLS = { key: fixture('key.pem'), cert: fixture('certificate.pem') }

/** A server that speaks no HTTP of its own: what comes of a connection is for the test to say. */
async function serveRaw(onConnection: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(onConnection)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a probe by HTTP', () => {
  it('is well when the status is one of those expected', async () => {
    let asked: IncomingMessage | undefined
    const url = await serve((request, response) => {
      asked = request
      response.end('fine')
    })
    const reading = await ask(httpProbe(`${url}/health?deep=1`, { bearer: 'token-1' }))
    expect(reading).toMatchObject({ name: 'api', about: 'health', state: 'well' })
    expect(reading.words).toMatch(/^200 in \d+ ms$/)
    expect(asked).toMatchObject({ method: 'GET', url: '/health?deep=1' })
    expect(asked?.headers.authorization).toBe('Bearer token-1')
  })

  it('sends the credentials of the address, and never shows them', async () => {
    const url = await serve((request, response) => {
      const basic = `Basic ${Buffer.from('bot:hunter2').toString('base64')}`
      response.statusCode = request.headers.authorization === basic ? 200 : 401
      response.end()
    })
    const login = (password: string) => url.replace('//', `//bot:${password}@`)
    expect(await ask(httpProbe(login('hunter2')))).toMatchObject({ state: 'well' })
    const refused = await ask(httpProbe(login('hunter3')))
    expect(refused).toMatchObject({ state: 'unwell' })
    expect(refused.words).toMatch(/^401 in \d+ ms, expected 200$/)
  })

  it('is unwell with another status, whatever the body says', async () => {
    const url = await serve((_request, response) => {
      response.statusCode = 503
      response.end('{"status": "ok", "card": "4242"}')
    })
    const reading = await ask(httpProbe(url))
    expect(reading.state).toBe('unwell')
    expect(reading.words).toMatch(/^503 in \d+ ms, expected 200$/)
  })

  it('follows no redirect', async () => {
    const seen: string[] = []
    const url = await serve((request, response) => {
      seen.push(request.url ?? '')
      response.writeHead(request.url === '/' ? 302 : 200, { location: '/login' })
      response.end()
    })
    const reading = await ask(httpProbe(url))
    expect(reading.state).toBe('unwell')
    expect(reading.words).toMatch(/^302 in \d+ ms, expected 200; redirects are not followed$/)
    expect(seen).toEqual(['/'])
  })

  it('knows nothing when there is no answer in time', async () => {
    const url = await serve(() => undefined)
    expect(await ask(httpProbe(url), 150)).toMatchObject({
      state: 'unknown',
      words: 'no answer in 150 ms',
    })
    expect(await ask(httpProbe(url, { withinMs: 100 }))).toMatchObject({
      words: 'no answer in 100 ms',
    })
  })

  it('knows nothing when an answer begins in time and does not end', async () => {
    const url = await serve((_request, response) => void response.write('once upon a time'))
    expect(await ask(httpProbe(url), 300)).toMatchObject({ state: 'unknown' })
  })

  it('knows nothing when the connection is dropped before an answer', async () => {
    const url = await serve((request) => void request.socket.destroy())
    expect(await ask(httpProbe(url))).toMatchObject({
      state: 'unknown',
      words: 'the connection broke off before an answer',
    })
  })

  it('is unwell when the answer breaks off', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => request.socket.destroy())
    })
    const reading = await ask(httpProbe(url))
    expect(reading.state).toBe('unwell')
    expect(reading.words).toMatch(/^200 in \d+ ms, but the answer broke off$/)
  })

  it('reads no body to its end that has none', async () => {
    const url = await serve((_request, response) => {
      const more = (): void => {
        if (!response.destroyed && response.write(Buffer.alloc(16 * 1024))) setImmediate(more)
      }
      response.on('drain', more)
      more()
    })
    expect(await ask(httpProbe(url))).toMatchObject({ state: 'well' })
  })

  it('is unwell when what answers is not HTTP', async () => {
    const url = await serveRaw((socket) => void socket.end('-ERR secret-of-redis\r\n'))
    expect(await ask(httpProbe(url))).toMatchObject({
      state: 'unwell',
      words: 'what it answered is not HTTP',
    })
  })

  it('knows nothing when nothing listens, or the name is not known', async () => {
    const url = await serveRaw(() => undefined)
    const gone = url.replace(/:\d+$/, ':1')
    expect(await ask(httpProbe(gone))).toMatchObject({
      state: 'unknown',
      words: 'nothing listens there',
    })
    const nowhere = await ask(httpProbe('http://bot:hunter2@no-such-host.invalid/'))
    expect(nowhere.state).toBe('unknown')
    expect(nowhere.words).not.toMatch(/hunter2|invalid/)
  })

  it('is unwell when the certificate does not hold', async () => {
    const url = await serve((_request, response) => response.end(), TLS)
    expect(await ask(httpProbe(url))).toMatchObject({
      state: 'unwell',
      words: 'its certificate is signed by itself',
    })
  })

  it('is unwell when what should speak TLS does not', async () => {
    const url = await serve((_request, response) => response.end())
    expect(await ask(httpProbe(url.replace('http:', 'https:')))).toMatchObject({
      state: 'unwell',
      words: 'it speaks no TLS that holds',
    })
  })
})

describe('an action', () => {
  it('is sent once, as it is written', async () => {
    const bodies: string[] = []
    let asked: IncomingMessage | undefined
    const url = await serve((request, response) => {
      asked = request
      let body = ''
      request.on('data', (chunk: Buffer) => void (body += chunk.toString()))
      request.on('end', () => {
        bodies.push(body)
        response.statusCode = 201
        response.end()
      })
    })
    const reading = await opened(actionProbe(`${url}/orders`, { bearer: 'token-1' })).act('order')
    expect(reading).toMatchObject({ name: 'order', about: 'end_to_end', state: 'well' })
    expect(reading.words).toMatch(/^201 in \d+ ms$/)
    expect(bodies).toEqual(['{"probe": true}'])
    expect(asked).toMatchObject({ method: 'POST', url: '/orders' })
    expect(asked?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'content-type': 'application/json',
    })
  })

  it('is not sent again when its answer is lost', async () => {
    let times = 0
    const url = await serve((request) => {
      times += 1
      request.on('data', () => undefined)
      request.on('end', () => request.socket.destroy())
    })
    expect(await opened(actionProbe(url)).act('order')).toMatchObject({ state: 'unknown' })
    expect(times).toBe(1)
  })

  it('is never run by reading', async () => {
    let times = 0
    const url = await serve((_request, response) => {
      times += 1
      response.end()
    })
    const probes = opened(actionProbe(url), httpProbe(url))
    expect(await probes.readAll()).toMatchObject([{ name: 'api', state: 'well' }])
    expect(times).toBe(1)
  })

  it('is all that can be run, by its name', async () => {
    const url = await serve((_request, response) => response.end())
    const probes = opened(actionProbe(url), httpProbe(url))
    await expect(probes.act('api')).rejects.toMatchObject({
      code: 'bad_input',
      advice: 'Nothing was run. Configured: order.',
    })
    await expect(probes.act('ordre')).rejects.toMatchObject({ code: 'bad_input' })
  })
})
