import type { KnownBlock, ModalView } from '@slack/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { clamp, clampPlain } from '../../../src/slack/clamp.ts'
import { assertWithinLimits, LIMITS, limitFaults } from '../../../src/slack/limits.ts'

const section = (text: string, id?: string): KnownBlock => ({
  type: 'section',
  text: { type: 'mrkdwn', text },
  ...(id === undefined ? {} : { block_id: id }),
})
const plain = (text: string) => ({ type: 'plain_text', text }) as const
const button = (text: string, value = 'v', action_id = 'a') =>
  ({ type: 'button', text: plain(text), value, action_id }) as const
const faults = (...blocks: KnownBlock[]) => limitFaults({ text: 'x', blocks })
const view = (over: Partial<ModalView>): ModalView => ({
  type: 'modal',
  title: plain('Title'),
  blocks: [section('x')],
  ...over,
})
const reason: KnownBlock = {
  type: 'input',
  block_id: 'b',
  label: plain('Reason'),
  element: { type: 'plain_text_input', action_id: 'a' },
}

describe('the limits of a message', () => {
  it('passes what just fits', () => {
    expect(
      faults(section('x'.repeat(3000)), { type: 'header', text: plain('x'.repeat(150)) }),
    ).toEqual([])
    expect(faults(...Array.from({ length: 50 }, () => section('x')))).toEqual([])
  })

  it.each<[string, KnownBlock[], string]>([
    ['a long section', [section('x'.repeat(3001))], '/blocks/0/text/text'],
    ['an empty section', [section('x'), section('')], '/blocks/1/text/text'],
    ['a long header', [{ type: 'header', text: plain('x'.repeat(151)) }], '/blocks/0/text/text'],
    ['too many blocks', Array.from({ length: 51 }, () => section('x')), '/blocks has 51'],
    [
      'too much altogether',
      Array.from({ length: 5 }, () => section('x'.repeat(2900))),
      '/blocks is',
    ],
    ['one block_id twice', [section('x', 'i'), section('x', 'i')], '/blocks/1/block_id'],
    [
      'a long button',
      [{ type: 'actions', elements: [button('x'.repeat(76))] }],
      '/elements/0/text',
    ],
    [
      'a long value',
      [{ type: 'actions', elements: [button('x', 'v'.repeat(2001))] }],
      '/elements/0/value',
    ],
    [
      'one action_id twice',
      [{ type: 'actions', elements: [button('x'), button('y')] }],
      '/elements/1/action_id',
    ],
    ['no buttons', [{ type: 'actions', elements: [] }], '/blocks/0/elements'],
    [
      'many contexts',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => plain('x')) }],
      '/blocks/0/elements',
    ],
    [
      'many fields',
      [{ type: 'section', fields: Array.from({ length: 11 }, () => plain('x')) }],
      '/blocks/0/fields',
    ],
    ['a block of another kind', [{ type: 'markdown', text: 'x' }], '/blocks/0 is of a kind'],
    [
      'a long menu',
      [
        {
          type: 'actions',
          elements: [
            {
              type: 'overflow',
              action_id: 'o',
              options: Array.from({ length: 6 }, () => ({ text: plain('x'), value: 'v' })),
            },
          ],
        },
      ],
      '/elements/0/options',
    ],
    [
      'a box with too long a description',
      [
        {
          type: 'input',
          block_id: 'b',
          label: plain('Label'),
          element: {
            type: 'checkboxes',
            action_id: 'c',
            options: [{ text: plain('x'), value: 'v', description: plain('x'.repeat(76)) }],
          },
        },
      ],
      '/element/options/0/description/text',
    ],
  ])('finds %s, with its place', (_, blocks, pointer) => {
    expect(faults(...blocks).join()).toContain(pointer)
    expect(() => assertWithinLimits('message', { text: 'x', blocks })).toThrow(pointer)
  })

  it('wants a text, for the lock screen', () => {
    expect(limitFaults({ text: '', blocks: [section('x')] })).toEqual(['/text is empty'])
    expect(limitFaults({ text: 'x'.repeat(4001), blocks: [] })).toHaveLength(1)
  })
})

describe('the limits of a modal', () => {
  it('passes an ordinary one', () => {
    expect(limitFaults(view({ submit: plain('Go'), blocks: [reason] }))).toEqual([])
  })

  it.each<[string, Partial<ModalView>, string]>([
    ['a long title', { title: plain('x'.repeat(25)) }, '/title/text'],
    ['inputs without submit', { blocks: [reason] }, '/submit'],
    ['a long submit', { submit: plain('x'.repeat(25)) }, '/submit/text'],
    ['long metadata', { private_metadata: 'x'.repeat(3001) }, '/private_metadata'],
    ['too many blocks', { blocks: Array.from({ length: 101 }, () => section('x')) }, '/blocks'],
    [
      'an input without block_id',
      { submit: plain('Go'), blocks: [{ ...reason, block_id: '' }] },
      '/blocks/0/block_id',
    ],
    [
      'a confirm',
      {
        blocks: [
          {
            type: 'actions',
            elements: [{ ...button('x'), confirm: { title: plain('x'), text: plain('x') } }],
          },
        ],
      },
      'confirm',
    ],
  ])('finds %s', (_, over, pointer) => {
    expect(() => assertWithinLimits('modal', view(over))).toThrow(pointer)
  })
})

describe('cutting text', () => {
  it.each([
    ['short', 10, 'short'],
    ['a long sentence', 7, 'a long…'],
    ['ask <@U0ANA> now', 10, 'ask…'],
    ['a &amp; b', 5, 'a…'],
    ['see `sales/email` now', 12, 'see…'],
    ['see `a` and more', 10, 'see `a` a…'],
    ['x ```fenced``` y', 15, 'x ```fenced```…'],
    ['x ```fenced``` y', 14, 'x…'],
    ['x ```fenced``` y', 4, 'x…'],
    ['😀😀😀', 4, '😀…'],
    ['anything', 0, ''],
  ])('%o to %d is %o', (text, max, cut) => {
    expect(clamp(text, max)).toBe(cut)
  })

  it('fits, and leaves no half entity, span or character, wherever the cut falls', () => {
    const part = fc.constantFrom(
      '<@U0ANA>',
      '<!date^1^{time}|x>',
      '&amp;',
      '`code`',
      '```fence```',
      '😀',
      'word ',
      ' ',
    )
    const texts = fc.array(part, { maxLength: 20 }).map((parts) => parts.join('|'))
    fc.assert(
      fc.property(texts, fc.nat(LIMITS.header), (text, max) => {
        const cut = clamp(text, max)
        expect(cut.length).toBeLessThanOrEqual(max)
        expect(cut.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
        expect(cut.replaceAll('&amp;', '')).not.toContain('&')
        expect((cut.match(/`/g) ?? []).length % 2).toBe(0)
        expect(cut).not.toMatch(/\p{Cs}/u)
        expect(clampPlain(text, max).length).toBeLessThanOrEqual(max)
        expect(clampPlain(text, max)).not.toMatch(/\p{Cs}/u)
      }),
    )
  })
})
