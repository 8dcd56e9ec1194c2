import type { Messages, OutboxMessage } from '../domain/ports/store.ts'

/** A room that takes no headline takes no line either: the ops channel hears of it, once. */
export async function tellLostRoom(
  messages: Pick<Messages, 'put'>,
  { content }: Pick<OutboxMessage, 'content'>,
  code: string,
): Promise<void> {
  if (content.kind !== 'headline') return
  const { incidentId } = content
  await messages.put({
    key: `lost-room:${incidentId}`,
    target: { kind: 'ops' },
    content: {
      kind: 'ops_notice',
      words: `The room of incident ${incidentId} takes no messages any more (Slack says ${code}). Follow it with \`status ${incidentId}\`; a new room opens if it fires again.`,
    },
    priority: 1,
  })
}
