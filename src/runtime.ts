import { randomBytes, randomUUID } from 'node:crypto'

import type { Clock, Ids } from './domain/ports/runtime.ts'

export const systemClock: Clock = { now: () => new Date() }

export const randomIds: Ids = {
  uuid: () => randomUUID(),
  token: () => randomBytes(24).toString('base64url'),
  short: () => randomBytes(4).toString('hex'),
}
