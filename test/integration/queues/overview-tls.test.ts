import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'

import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import { openSystem } from '../../contract/bullmq-world.ts'

const run = promisify(execFile)
const fixture = (name: string) => join(import.meta.dirname, '../../fixtures/tls', name)
const certificate = fixture('certificate.pem')
const key = fixture('key.pem')

let server: RedisServer
let raw: Redis
let tlsPort: number
beforeAll(async () => {
  server = await startRedis()
  raw = new Redis(server.url)
  tlsPort = await freePort()
  const settings = {
    'tls-cert-file': certificate,
    'tls-key-file': key,
    'tls-ca-cert-file': certificate,
    'tls-auth-clients': 'no',
    'tls-port': String(tlsPort),
  }
  await raw.config('SET', ...Object.entries(settings).flat())
  await raw.lpush('bull:secret:wait', '1', '2')
  await raw.acl('SETUSER', 'spillway', 'on', '>pass word', '~*', '+@all')
})
afterAll(async () => {
  raw.disconnect()
  await server.stop()
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const address = (host: string, port: number) => `rediss://spillway:pass%20word@${host}:${port}`

it.each(['localhost', '127.0.0.1'])(
  'reads over TLS from a server at %s whose certificate is trusted',
  async (host) => {
    const script = join(import.meta.dirname, 'tls-overview.ts')
    const args = ['--import', 'tsx', script, address(host, tlsPort), 'secret']
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate }
    const { stdout } = await run('node', args, { env })
    expect(JSON.parse(stdout)).toMatchObject({ waiting: 2, active: 0 })
  },
)

it('refuses a certificate that nobody vouches for', async () => {
  const system = openSystem({ url: address('127.0.0.1', tlsPort) })
  await expect(system.overview(['secret'])).rejects.toMatchObject({
    code: 'system_unreachable',
    message: expect.stringMatching(/certificate/) as unknown,
  })
  await system.close()
})

it('tells a server that has not proven who it is nothing, least of all the password', async () => {
  const heard: Buffer[] = []
  const visits: TLSSocket[] = []
  const impostor = createServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    (socket) => {
      visits.push(socket)
      socket.on('data', (bytes: Buffer) => heard.push(bytes)).on('error', () => undefined)
    },
  )
  impostor.on('tlsClientError', () => undefined)
  impostor.listen(0, '127.0.0.1')
  await once(impostor, 'listening')
  const place = impostor.address()
  const port = typeof place === 'object' && place !== null ? place.port : 0
  const system = openSystem({ url: address('127.0.0.1', port) })
  await expect(system.overview(['secret'])).rejects.toMatchObject({ code: 'system_unreachable' })
  await system.close()
  for (const visit of visits) visit.destroy()
  impostor.close()
  await once(impostor, 'close')
  expect(Buffer.concat(heard).toString()).toBe('')
})

// What nobody listens to ends the process: the runner counts it as a failure of this file.
it('may be closed in the midst of a handshake, however the server takes it', async () => {
  for (let round = 0; round < 100; round += 1) {
    const system = openSystem({ url: address('127.0.0.1', tlsPort) })
    await expect(system.overview(['secret'])).rejects.toMatchObject({ code: 'system_unreachable' })
    await system.close()
  }
})
