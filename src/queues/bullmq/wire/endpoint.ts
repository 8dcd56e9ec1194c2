import type { ConnectionOptions } from 'node:tls'

import { Redis } from 'ioredis'

/** Where Redis is and who we are there. Holds credentials: never log it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** 4 or 6 for that version of IP alone; 0 for any. */
  readonly family: number
  readonly username: string | null
  readonly password: string | null
  readonly db: number
  /** Null without TLS. */
  readonly tls: ConnectionOptions | null
}

/** Read by ioredis itself, so that an address means the same on every connection. It does not connect. */
export function endpointOf(url: string): Endpoint {
  const { host, port, family, username, password, db, tls } = new Redis(url, {
    lazyConnect: true,
  }).options
  return {
    host: host ?? 'localhost',
    port: port ?? 6379,
    family: family ?? 0,
    username: username || null,
    password: password || null,
    db: db ?? 0,
    tls: tls ? { ...tls } : null,
  }
}
