import type { ProbeReading } from '../domain/ports/probes.ts'

/** What came of asking. The words hold nothing that the other side sent, and no address. */
export type Answer = Pick<ProbeReading, 'state' | 'words'>

export const well = (words: string): Answer => ({ state: 'well', words })
export const unwell = (words: string): Answer => ({ state: 'unwell', words })
export const unknown = (words: string): Answer => ({ state: 'unknown', words })

/** `800 ms`, `2 s`. */
export const inWords = (ms: number): string =>
  ms % 1000 === 0 ? `${ms / 1000} s` : `${Math.round(ms)} ms`

/** Of whatever was thrown: the code that Node and PostgreSQL give; empty without one. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection broke off before an answer',
  EPIPE: 'the connection broke off before an answer',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'no connection in time',
  ENOENT: 'nothing listens there',
  EACCES: 'this machine does not allow the connection',
}

const CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate comes from an authority that is not trusted here',
}

/**
 * What a failed connection says: nobody answered, so nothing is known; but whoever shows a certificate that
 * does not hold did answer. Null for an error that is not about the connection.
 */
export function connectionFailure(error: unknown): Answer | null {
  const code = codeOf(error)
  const certificate = CERTIFICATE[code]
  if (certificate !== undefined) return unwell(certificate)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return unwell('it speaks no TLS that holds')
  const network = NETWORK[code]
  return network === undefined ? null : unknown(network)
}
