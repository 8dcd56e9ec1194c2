import { expect, it } from 'vitest'

import type { ActionKind } from '../../../../src/domain/action.ts'
import { hazardsFor, type Seen, toPlanned } from '../../../../src/usecases/actions/look.ts'
import { overviewOf } from '../../../helpers/overviews.ts'

const overview = overviewOf('email')
const hazards = [{ code: 'version_unknown', explanation: 'Set `majors`.' }] as const
const seen: Seen = {
  ref: overview.ref,
  tier: 'low',
  state: { isPaused: false, overview, hazards },
  holds: [],
  throttles: [],
}

it.each<[ActionKind, boolean]>([
  ['pause', true],
  ['resume', true],
  ['throttle', false],
  ['retry', false],
  ['release', false],
])('a plan to %s warns of how pauses can fail: %s', (action, warns) => {
  expect(toPlanned(seen, { action }).warnings).toEqual(warns ? ['Set `majors`.'] : [])
  expect(hazardsFor(seen, { action })).toEqual(warns ? hazards : [])
})
