import type { QueueRef } from '../queue.ts'

/** Something outside the queues that tells whether work can be done: asked, never changed. */
export interface Probe {
  readonly name: string
  /** `action` has side effects: it runs only by a person's word. */
  readonly kind: 'http' | 'sql' | 'connections' | 'action'
  /** What the checklist calls it: our own health, somebody else's API, or the whole way through. */
  readonly about: 'health' | 'external' | 'end_to_end'
  /** Of an action: where to, without credentials, and its body as configured: redact it before it is shown. */
  readonly sends?: { readonly where: string; readonly body: string | null }
}

export interface ProbeReading {
  readonly name: string
  readonly about: Probe['about']
  /** `unknown`: nobody answered in time, so nothing is known; never taken for well. */
  readonly state: 'well' | 'unwell' | 'unknown'
  /** `200 in 31 ms`, `61 of 100 connections (61 %)`; free of secrets and of what the other side sent. */
  readonly words: string
  readonly at: Date
}

/** What the configuration has people ask. A reading never throws: what goes wrong is the reading. */
export interface Probes {
  /** Those that concern this queue, in the order of the configuration. */
  of(ref: QueueRef): readonly Probe[]
  /** Asks those without side effects, all at once; each at most `withinMs`. */
  read(ref: QueueRef, withinMs: number): Promise<readonly ProbeReading[]>
  /** Runs one with side effects, once. */
  act(name: string): Promise<ProbeReading>
}
