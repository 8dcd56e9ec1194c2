import type { ActionKind, PlanState } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { backlog, type QueueOverview } from '../../domain/queue.ts'
import { thousands } from '../../domain/text.ts'
import type { OutcomeView } from '../../domain/views.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { proofWords } from './holds.ts'
import { mention, prose, queueName, sentence } from './mrkdwn.ts'

const NOUNS: Readonly<Record<ActionKind, string>> = { pause: 'Pause', resume: 'Resume' }

const STATES: Readonly<Record<PlanState, { readonly icon: string; readonly words: string }>> = {
  planned: { icon: ':hourglass_flowing_sand:', words: 'waits to be confirmed' },
  confirmed: { icon: ':hourglass_flowing_sand:', words: 'confirmed, about to start' },
  executing: { icon: ':hourglass_flowing_sand:', words: 'under way' },
  done: { icon: ':white_check_mark:', words: 'done' },
  refused: { icon: ':no_entry:', words: 'refused' },
  failed: { icon: ':x:', words: 'failed' },
  expired: { icon: ':hourglass:', words: 'expired, not confirmed in time' },
  cancelled: { icon: ':no_entry:', words: 'cancelled' },
}

const numbers = ({ counts, isPaused }: QueueOverview): string =>
  `${isPaused ? 'paused, ' : ''}${thousands(backlog(counts))} waiting, ${thousands(counts.active)} active`

function change(before: QueueOverview, after: QueueOverview | null): string {
  return after === null
    ? `before: ${numbers(before)} · after: unknown`
    : `before: ${numbers(before)} · after: ${numbers(after)}`
}

/** What came of a plan: for the room, and for the person who confirmed it. */
export function renderOutcome({ plan, action, tier }: OutcomeView): Rendered {
  const { icon, words } = STATES[plan.state]
  const name = queueName(plan.ref)
  const noun = NOUNS[action]
  const isLimited = action === 'pause' && plan.holdMs !== null && plan.state === 'done'
  const facts = [
    plan.endsHoldId === null
      ? `by ${mention(plan.actor.userId)}`
      : `by itself, as ${mention(plan.actor.userId)} had set it`,
    isLimited ? `for ${formatDuration(plan.holdMs)}` : null,
    plan.outcome?.proof === null || plan.outcome === null ? null : proofWords(plan.outcome.proof),
    plan.reason === null ? null : prose(plan.reason, 300),
  ].filter((fact) => fact !== null && fact !== '')
  return message(
    `${noun} of ${name} ${words}`,
    section(
      `${icon} *${noun} of ${name}: ${words}*`,
      plan.outcome === null ? null : sentence(plan.outcome.words, 800),
      facts.join(' · '),
    ),
    plan.outcome === null
      ? []
      : context(`${tier} · ${change(plan.before.overview, plan.outcome.after)}`),
  )
}
