import { duplicates, type Evidence, type Partly } from './ledgers.ts'

/**
 * Each message that the bot says it posted is in Slack, once; each freeze that was asked for happened once. A
 * direct message whose answer was lost may be sent again, for nobody is allowed to look there: `resent` counts it.
 */
export async function checkMessages({
  client,
  ledger,
  entries,
}: Evidence): Promise<Partly & { readonly resent: number }> {
  const { rows } = await client.query<{ key: string }>(
    'select key from message where delivered_version > 0 and not is_buried',
  )
  const posted = new Set([...ledger.posted, ...ledger.sent])
  const freezes = entries.flatMap(({ kind, reason }) =>
    kind === 'frozen' && reason !== null ? [reason] : [],
  )
  return {
    lost: rows.filter(({ key }) => !posted.has(key)).map(({ key }) => `message ${key}`),
    repeated: [
      ...duplicates(ledger.posted).map((key) => `message ${key}`),
      ...duplicates(freezes).map((reason) => `freeze for ${reason}`),
    ],
    resent: duplicates(ledger.sent).length,
  }
}
