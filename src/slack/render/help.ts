import { type CommandForm, INCIDENT_FORMS, QUEUE_PARTS } from '../../domain/command-forms.ts'
import type { Locale } from '../../domain/views.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code, prose, sentence } from './mrkdwn.ts'

const formLine = (command: string, { verb, takes, about }: CommandForm): string =>
  `${code([command, verb, takes].filter((part) => part !== '').join(' '))} ${sentence(about, 200)}`

/** What the queue command understands. */
export function renderQueueHelp({ commands }: Locale): Rendered {
  return message(
    `What ${prose(commands.queue, 40)} understands`,
    QUEUE_PARTS.map(({ title, forms }) =>
      section(`*${title}*`, ...forms.map((form) => formLine(commands.queue, form))),
    ),
    context(
      'Filters, in any order: `state:failed type:whatsapp.* error:~ETIMEDOUT data.customer.id=42 older:30m attempts:&gt;2 priority:1 id:17 is:duplicate limit:100`.',
      "In an incident's room the queue may be left out. Queues are `system/queue`, or the name alone; `*` matches anything.",
      'In threads, mention me with the same words. Every action is shown before it is done.',
    ),
  )
}

/** What the incident command understands. */
export function renderIncidentHelp({ commands }: Locale): Rendered {
  return message(
    `What ${prose(commands.incident, 40)} understands`,
    section('*Incidents*', ...INCIDENT_FORMS.map((form) => formLine(commands.incident, form))),
    context(
      "In an incident's room the number may be left out.",
      'In threads, mention me with the same words.',
    ),
  )
}
