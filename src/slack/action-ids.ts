/** What clicks and submissions are called; what they do is in the row behind their token. */
export const ACTION_IDS = {
  ack: 'spillway:ack',
  pause: 'spillway:pause',
  resume: 'spillway:resume',
  throttle: 'spillway:throttle',
  status: 'spillway:status',
  failed: 'spillway:failed',
  resolve: 'spillway:resolve',
  unfreeze: 'spillway:unfreeze',
  approve: 'spillway:approve',
  reject: 'spillway:reject',
  withdraw: 'spillway:withdraw',
  stop: 'spillway:stop',
  undo: 'spillway:undo',
  signOff: 'spillway:sign_off',
  again: 'spillway:again',
  /** Whatever its row plans; of a menu, the row of the chosen option. */
  plan: 'spillway:plan',
  quarantine: 'spillway:quarantine',
  retry: 'spillway:retry',
  unstick: 'spillway:unstick',
  release: 'spillway:release',
  replay: 'spillway:replay',
  next: 'spillway:next',
  probe: 'spillway:probe',
  hold: 'spillway:hold_replay',
  goOn: 'spillway:go_on',
  promote: 'spillway:promote',
  rest: 'spillway:rest',
  outcomes: 'spillway:outcomes',
  /** A menu of what is done at once; the token is the chosen option's value. */
  more: 'spillway:more',
  reason: 'spillway:reason',
  length: 'spillway:hold',
  phrase: 'spillway:phrase',
  breakGlass: 'spillway:break_glass',
} as const

export const CALLBACK_IDS = {
  planSubmit: 'spillway:plan_submit',
  probeSubmit: 'spillway:probe_submit',
} as const

/** Values of the plan modal lie under `state.values[BLOCK_IDS.reason][ACTION_IDS.reason]`, and likewise for the others. */
export const BLOCK_IDS = {
  reason: 'spillway:reason_block',
  hold: 'spillway:hold_block',
  phrase: 'spillway:phrase_block',
  breakGlass: 'spillway:break_glass_block',
} as const

/** The value of the ticked box that breaks the glass. */
export const BREAK_GLASS_VALUE = 'break_glass'
