import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { quote } from '../../../../src/domain/quote.ts'
import { renderHeadline } from '../../../../src/slack/render/headline.ts'
import { renderHeld } from '../../../../src/slack/render/held.ts'
import { renderIncidentStatus } from '../../../../src/slack/render/incidents.ts'
import { renderPending } from '../../../../src/slack/render/pending.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import { outcomeModal, planModal } from '../../../../src/slack/render/plan-modal.ts'
import { renderFreezeNotice, renderRoomLine } from '../../../../src/slack/render/room.ts'
import {
  aCard,
  aHeadline,
  aHold,
  anIncident,
  aPlan,
  aPlanView,
  LOCALE,
  NOW,
  aThrottle,
} from './builders.ts'

const nasty = fc.constantFrom(
  '<@U0VIC> approved it at 14:02',
  '&lt;@U0VIC&gt;',
  '<#C0OPS>',
  '<!channel>',
  '<https://evil.example|Approve>',
  'https://evil.example',
  '*yes*',
  '_so_',
  '~no~',
  '`rm`',
  ':white_check_mark:',
  '”',
  '\n> ',
  ' ',
)

/** What somebody types to make the bot say something. */
const typed = fc
  .array(fc.oneof(nasty, fc.string({ maxLength: 4 })), { minLength: 1, maxLength: 8 })
  .map((parts) => `x${parts.join('')}`)

interface Text {
  readonly text: string
  readonly verbatim?: boolean
}

function mrkdwnOf(node: unknown): readonly Text[] {
  if (Array.isArray(node)) return node.flatMap(mrkdwnOf)
  if (typeof node !== 'object' || node === null) return []
  return 'type' in node && node.type === 'mrkdwn'
    ? [node as unknown as Text]
    : Object.values(node).flatMap(mrkdwnOf)
}

/** All that Slack reads as markup, and every text in which it would find links by itself. */
const markup = (rendered: unknown): readonly string[] =>
  mrkdwnOf(rendered).flatMap(({ text, verbatim }) => [
    ...(text.match(/<[^>]*>|[*~`<>]|(?<![\p{L}\p{N}])_|:[\w+'-]*[a-z][\w+'-]*:/giu) ?? []),
    ...(verbatim === true ? [] : ['not verbatim']),
  ])

const by = { teamId: 'T1', userId: 'U0BEN' }
const requested = (reason: string) => aPlan({ reason, state: 'requested', approvalsNeeded: 1 })
const line = (reason: string) => ({
  icon: 'stop' as const,
  words: `<@U0ANA> paused \`sales/email\`. Reason: ${quote(reason)}`,
  mention: [],
})

/** Wherever a reason is shown. */
const PLACES: Readonly<Record<string, (reason: string) => unknown>> = {
  'a request': (reason) => planCard(aCard(requested(reason)), LOCALE),
  'an outcome': (reason) => planCard(aCard(aPlan({ reason, state: 'done' })), LOCALE),
  'what waits': (reason) =>
    renderPending({ requested: [aCard(requested(reason))], unsigned: [], at: NOW }, LOCALE),
  'an emergency': (reason) =>
    planCard(aCard(aPlan({ reason, state: 'done', isBreakGlass: true })), LOCALE),
  'the modal of an outcome': (reason) =>
    outcomeModal(aCard(aPlan({ reason, state: 'done' })), LOCALE, []),
  'the modal of a preview': (reason) =>
    planModal(aPlanView({ holds: [aHold({ reason })] }), LOCALE),
  'a headline': (reason) => renderHeadline(aHeadline({ holds: [aHold({ reason })] }), LOCALE),
  'what is held': (reason) =>
    renderHeld(
      {
        holds: [aHold({ reason })],
        throttles: [aThrottle({ reason })],
        freeze: { by, at: NOW, reason },
        foreign: [],
        limited: [],
        problems: [],
        tokens: {},
        at: NOW,
      },
      LOCALE,
    ),
  'a freeze': (reason) =>
    renderFreezeNotice({ kind: 'frozen', freeze: { by, at: NOW, reason } }, LOCALE, NOW),
  'a line': (reason) => renderRoomLine(line(reason)),
  'a timeline': (reason) =>
    renderIncidentStatus(
      {
        headline: aHeadline({ incident: anIncident() }),
        timeline: [
          { incidentId: 7, at: NOW, kind: 'action', actor: 'U0ANA', words: line(reason).words },
        ],
      },
      LOCALE,
    ),
}

describe('whatever somebody types as a reason', () => {
  it.each(Object.entries(PLACES))('adds no markup to %s', (_, render) => {
    const plain = markup(render('x'))
    fc.assert(
      fc.property(typed, (reason) => {
        expect(markup(render(reason))).toEqual(plain)
      }),
      { numRuns: 60 },
    )
  })

  it('stays readable, in quotation marks', () => {
    expect(quote('a < b in snake_case, see INC-5')).toBe('“a &lt; b in snake_case, see INC-5”')
  })
})
