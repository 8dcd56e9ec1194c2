import type { Later } from '../execution.ts'

/** When to look again, in ms, by what is waited for. A plan whose turn it is looks every three seconds. */
const NEXT = { room: 300, end: 700, others: 500, turn: 3_500, person: 2_000, moment: 20 } as const

export const later = (what: keyof typeof NEXT): Later => ({ laterMs: NEXT[what] })
