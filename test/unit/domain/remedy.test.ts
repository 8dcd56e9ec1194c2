import { expect, it } from 'vitest'

import { clusterOf } from '../../../src/domain/failure-cluster.ts'
import { KNOWN_REMEDIES, remedyFor } from '../../../src/domain/remedy.ts'

const remedyOf = (error: string, configured: Parameters<typeof remedyFor>[1] = []) =>
  remedyFor(clusterOf({ type: 'a', error, stack: null }), configured)

it.each([
  ['connect ETIMEDOUT 10.0.0.7:443', 'retry', 'did not answer in time'],
  ['Job timed out after 30000ms', 'retry', 'did not answer in time'],
  ['connect ECONNREFUSED 127.0.0.1:5432', 'pause', 'Nothing listens'],
  ['read ECONNRESET', 'retry', 'cut the connection'],
  ['getaddrinfo ENOTFOUND api.example.com', 'pause', 'is not found'],
  ['Rate limit exceeded, try again in 30s', 'throttle', 'limit of a provider'],
  ['Request failed with status code 429', 'throttle', 'limit of a provider'],
  ['429 Too Many Requests', 'throttle', 'limit of a provider'],
  ['Request failed with status code 401', 'pause', 'Credentials'],
  ['403 Forbidden', 'pause', 'Credentials'],
  ['Request failed with status code 503', 'retry', 'has a fault'],
  ['502 Bad Gateway', 'retry', 'has a fault'],
  ['OOM killed', 'throttle', 'ran out of memory'],
  ['JavaScript heap out of memory', 'throttle', 'ran out of memory'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'pause', 'Redis has no memory'],
  ['deadlock detected', 'retry', 'wait for each other'],
  ['canceling statement due to lock timeout', 'retry', 'wait for each other'],
  ['sorry, too many clients already', 'throttle', 'All connections'],
  ['timeout exceeded when trying to connect', 'throttle', 'All connections'],
  ['Unexpected token < in JSON at position 0', 'quarantine', 'not the JSON'],
  ['job stalled more than allowable limit', 'retry', 'died or hung'],
  ['Missing lock for job 17. moveToFinished', null, 'busy for longer'],
  ['duplicate key value violates unique constraint "orders_pkey"', 'quarantine', 'there already'],
  ['certificate has expired', 'pause', 'certificate'],
  ['ENOSPC: no space left on device, write', 'pause', 'disk is full'],
  ['Invalid data: phone is required', 'quarantine', 'not what the worker expects'],
  ["Cannot read properties of undefined (reading 'id')", 'quarantine', 'or the worker has a fault'],
])('%s: %s', (error, action, cause) => {
  const remedy = remedyOf(error)
  expect(remedy).toMatchObject({ action })
  expect(remedy?.cause).toContain(cause)
})

it('knows nothing of what it does not know', () => {
  expect(remedyOf('order 17 is on hold')).toBeNull()
  expect(remedyOf('')).toBeNull()
})

it('lets the configuration say it better', () => {
  const own = { pattern: 'ETIMEDOUT', cause: 'The VPN is down.', advice: 'Call IT.', action: null }
  expect(remedyOf('connect ETIMEDOUT 10.0.0.7:443', [own])).toBe(own)
  expect(remedyOf('read ECONNRESET', [own])?.action).toBe('retry')
})

it('speaks in sentences', () => {
  for (const { cause, advice } of KNOWN_REMEDIES) {
    expect(cause).toMatch(/^[A-Z].*\.$/)
    expect(advice).toMatch(/^[A-Z].*\.$/)
  }
})
