/** A filled-in reason, as Slack sends it with a submission. */
export const reason = (value: string) => ({
  'spillway:reason_block': { 'spillway:reason': { type: 'plain_text_input', value } },
})
