import { setTimeout as sleep } from 'node:timers/promises'

import { act } from './acts.ts'
import type { Random } from './random.ts'
import type { Replica } from './replicas.ts'
import type { Scene } from './scene.ts'
import { letLeasesEnd } from './time.ts'

/** From the start of a round's acts to its kill, at most. */
const ROUND_MS = 4_000
/**
 * In so many rounds the kill waits until somebody has confirmed something, however slow the machine is, and comes
 * while that is carried out and watched.
 */
const AIMED = 0.7
const AIM_MS = 6_000
const EXECUTION_MS = 2_500
const ACTS_AT_ONCE = 4
/** In so many rounds both replicas die at once. */
const BOTH = 0.2

/** Each round: some acts begin, and at a random instant somebody dies. Acts outlive their round. */
export async function rounds(
  scene: Scene,
  replicas: readonly Replica[],
  random: Random,
  { runs, isQuick }: { readonly runs: number; readonly isQuick: boolean },
): Promise<void> {
  const roundMs = isQuick ? ROUND_MS / 4 : ROUND_MS
  const acts = new Set<Promise<void>>()
  for (let round = 0; round < runs; round += 1) {
    // Somebody must be there to be asked; the other one may be killed while it starts.
    await Promise.any(replicas.map((one) => one.ready()))
    for (let n = 0; n < ACTS_AT_ONCE; n += 1) {
      const one = act(scene, random.fork())
      acts.add(one)
      void one.finally(() => acts.delete(one))
    }
    await killingTime(scene, random, roundMs)
    // With nobody left in the last one, no lease is anybody's.
    const isAll = random.isBelow(BOTH) || round === runs - 1
    const victims = isAll ? replicas : replicas.slice(random.between(0, 1)).slice(0, 1)
    await Promise.all(victims.map((one) => one.killAndStart()))
    if (isAll) await letLeasesEnd(scene.client)
  }
  await Promise.all(acts)
}

async function killingTime({ progress }: Scene, random: Random, roundMs: number): Promise<void> {
  const isAimed = random.isBelow(AIMED)
  const { ordered } = progress
  const until = Date.now() + (isAimed ? AIM_MS : 0)
  while (progress.ordered === ordered && Date.now() < until) await sleep(20)
  await sleep(random.between(0, isAimed ? EXECUTION_MS : roundMs))
}
