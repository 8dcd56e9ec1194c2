import type { Throttle, ThrottleHazard } from './throttle.ts'

/** What is known of the workers of a queue, from its metadata, its connections and the configuration. */
export interface ThrottleFacts {
  /** E.g. `bullmq:5.79.4`: the last one that opened the queue, which need not be a worker. */
  readonly libraryVersion: string | null
  /** As configured; null where the operator does not say. */
  readonly majors: readonly number[] | null
  /** Connected workers that block as only BullMQ 4 and older do; null where connections cannot be listed. */
  readonly v4Workers: number | null
}

/** The first BullMQ whose workers look at the limit, as major * 1000 + minor. */
const SINCE = { concurrency: 5009, rate: 5060 } as const

/** Major * 1000 + minor of `bullmq:5.79.4` (and of the names of its variants); null if it says none. */
function versionOf(text: string | null): number | null {
  const [, major, minor] = /^[a-z-]+:(\d{1,3})\.(\d{1,3})\./.exec(text ?? '') ?? []
  return major === undefined || minor === undefined ? null : Number(major) * 1000 + Number(minor)
}

/** How a limit on a queue, set or about to be, can fail to hold. */
export function throttleHazards(facts: ThrottleFacts): readonly ThrottleHazard[] {
  const { majors, libraryVersion } = facts
  if (majors !== null && majors.every((major) => major >= 6)) return []
  const version = versionOf(libraryVersion)
  if (isFour(facts, version))
    return [
      {
        about: 'both',
        explanation:
          'Workers of BullMQ 4 look at no limit of the queue: they go on as before. A pause does hold them.',
      },
    ]
  if (version === null)
    return [
      {
        about: 'both',
        explanation:
          'The BullMQ version of this queue is not known. Workers keep to a limit on jobs at once from 5.9 on, to one on the rate from 5.60 on.',
      },
    ]
  return (['concurrency', 'rate'] as const).flatMap((about): readonly ThrottleHazard[] =>
    version >= SINCE[about] ? [] : [{ about, explanation: tooOld(libraryVersion ?? '', about) }],
  )
}

const isFour = ({ majors, v4Workers }: ThrottleFacts, version: number | null): boolean =>
  (v4Workers ?? 0) > 0 || (majors?.includes(4) ?? (version ?? 5000) < 5000)

const tooOld = (version: string, about: keyof typeof SINCE): string =>
  about === 'rate'
    ? `This queue was last opened by ${version.replace(':', ' ')}; workers before 5.60 do not look at a limit on the rate.`
    : `This queue was last opened by ${version.replace(':', ' ')}; workers before 5.9 do not look at a limit on jobs at once.`

/** Those that concern what is asked for, in words. */
export const hazardsOf = (
  hazards: readonly ThrottleHazard[],
  { rate, concurrency }: Throttle,
): readonly string[] =>
  hazards
    .filter(
      ({ about }) => about === 'both' || (about === 'rate' ? rate !== null : concurrency !== null),
    )
    .map(({ explanation }) => explanation)
