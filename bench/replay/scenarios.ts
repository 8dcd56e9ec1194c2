import { SYSTEM } from '../lib/stage.ts'
import { NO_FAULT, type Fault } from './faults.ts'

/** On a Redis of its own, which dies. */
export const MORTAL = 'mortal'

/** What a replay meets, and what is the right thing to do then. */
export interface Scenario {
  readonly name: string
  /** Of its worker and producer. */
  readonly major: 5 | 6
  readonly system: typeof SYSTEM | typeof MORTAL
  /** From when the replay is ordered on; of what made the jobs fail nothing is left but this. */
  readonly fault: Fault
  /** Where it comes to rest by itself: promoted to the end, held until somebody comes, or halted. */
  readonly expected: 'promote' | 'hold' | 'halt'
  /** The wave, from 1, that is to be judged so; of a promotion the last. */
  readonly wave: number
  /** Said with the order. */
  readonly words: string
  /** One job in so many fails whatever happens; 0 for none. */
  readonly poisonEvery: number
  /** Whether other jobs of the queue come all the time. */
  readonly hasLive: boolean
  /** For how long its Redis is dead, from the moment in which the fault would come; 0 for never. */
  readonly awayMs: number
}

const WAVES = 4

const USUAL: Omit<Scenario, 'name' | 'major'> = {
  system: SYSTEM,
  fault: NO_FAULT,
  expected: 'promote',
  wave: WAVES,
  words: '',
  poisonEvery: 0,
  hasLive: false,
  awayMs: 0,
}

const scenario = (name: string, major: 5 | 6, differs: Partial<Scenario>): Scenario => ({
  ...USUAL,
  ...differs,
  name,
  major,
})

const HALTED = { expected: 'halt', wave: 3 } as const
const HELD = { expected: 'hold', wave: 3 } as const

/** For so many jobs of each. What breaks later does so in the third wave of `10 → 5 % → 25 % → 100 %`. */
export function scenariosFor(jobs: number, awayMs: number): readonly Scenario[] {
  const after = Math.max(10, Math.ceil(jobs * 0.05)) + 10
  const later = (kind: Fault['kind']): Pick<Scenario, 'fault'> => ({ fault: { kind, after } })
  return [
    scenario('fixed', 5, {}),
    scenario('unfixed', 6, { ...HALTED, wave: 1, fault: { kind: 'broken', after: 0 } }),
    scenario('poison', 5, { poisonEvery: 33, words: 'success 90%' }),
    scenario('returning', 6, { ...HALTED, ...later('broken') }),
    scenario('slow', 5, { ...HELD, ...later('slow'), words: 'patience 4s' }),
    scenario('gone', 6, { ...HELD, ...later('gone') }),
    scenario('overload', 5, { ...HALTED, ...later('overload'), hasLive: true }),
    scenario('away', 6, { system: MORTAL, ...later('none'), awayMs }),
  ]
}
