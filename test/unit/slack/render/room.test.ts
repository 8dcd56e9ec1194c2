import { describe, expect, it } from 'vitest'

import { code, link, mention, plain, prose, sentence } from '../../../../src/slack/render/mrkdwn.ts'
import {
  renderAnnouncement,
  renderFreezeNotice,
  renderOpsNotice,
  renderRoomLine,
  renderUnmappedAlert,
} from '../../../../src/slack/render/room.ts'
import { ago, anIncident, LOCALE, NOW, readable } from './builders.ts'

describe('lines in the ops channel and in rooms', () => {
  it('announces an incident with its room and lead', () => {
    const view = {
      incident: anIncident(),
      firing: 2,
      lineCount: 0,
      summary: 'More than 5,000 wait',
    }
    const rendered = renderAnnouncement(view, LOCALE)
    expect(rendered.text).toBe('SEV2 email:send is backing up')
    expect(readable(rendered)).toBe(
      ':red_circle: *SEV2* `sales/email:send` · More than 5,000 wait · 2 firing · *nobody leads yet* · <#C0ROOM>',
    )
  })

  it('says when it was over, and counts the incidents of a storm', () => {
    const incident = anIncident({
      kind: 'storm',
      ref: null,
      state: 'resolved',
      resolvedAt: NOW,
      openedAt: ago(90),
    })
    const text = readable(
      renderAnnouncement({ incident, firing: 0, lineCount: 23, summary: '' }, LOCALE),
    )
    expect(text).toBe(
      ':white_check_mark: *SEV2* 23 incidents · resolved 14:02 after 1 h 30 min · <#C0ROOM>',
    )
  })

  it('puts mentions of people and groups in front of a line', () => {
    const line = {
      icon: 'stop',
      words: 'Paused by <@U0ANA>.',
      mention: ['U0BEN', 'S0ONCALL'],
    } as const
    expect(readable(renderRoomLine(line))).toBe(
      ':double_vertical_bar: <@U0BEN> <!subteam^S0ONCALL> Paused by <@U0ANA>.',
    )
  })

  it('mentions nobody in front whom the words mention', () => {
    const words = "<@U0BEN> approved <@U0ANA>'s request."
    const line = { icon: 'check', words, mention: ['U0ANA', 'U0CARL'] } as const
    expect(readable(renderRoomLine(line))).toBe(`:white_check_mark: <@U0CARL> ${words}`)
  })

  it('says once of an alert without a queue what to do about it', () => {
    const alert = {
      kind: 'unmapped_alert',
      source: 'alertmanager',
      alertName: 'DiskFull',
      count: 1310,
      lastSummary: 'disk at 97 %',
    } as const
    const text = readable(renderUnmappedAlert(alert))
    expect(text).toContain('*DiskFull* from alertmanager names no known queue')
    expect(text).toContain('Seen 1,310 times.')
    expect(text).toContain('`alerts.mapping`')
  })

  it('tells of a freeze, its reason and how it ends', () => {
    const freeze = { by: { teamId: 'T1', userId: 'U0BEN' }, at: NOW, reason: 'audit' }
    const frozen = readable(renderFreezeNotice({ kind: 'frozen', freeze }, LOCALE, NOW))
    expect(frozen).toContain('*Frozen* by <@U0BEN> since 14:02: “audit”.')
    expect(frozen).toContain('`/queue freeze off`')
    const ended = renderFreezeNotice({ kind: 'unfrozen', by: 'U0BEN' }, LOCALE, NOW)
    expect(ended.text).toContain('<@U0BEN> ended the freeze')
  })

  it('passes a notice on', () => {
    expect(renderOpsNotice('A request of 20 MB was refused.').text).toBe(
      'A request of 20 MB was refused.',
    )
  })
})

describe("somebody else's words", () => {
  it('cannot ping, link or format', () => {
    expect(prose('<!channel> & <@U0ANA>', 100)).toBe('&lt;!channel&gt; &amp; &lt;@U0ANA&gt;')
    expect(prose('@channel', 100)).not.toContain('@channel')
    expect(prose('one\ntwo `three`', 100)).toBe("one two 'three'")
  })

  it('show a name as it is, but cannot end its span or pose as another', () => {
    expect(code('outreach:whatsapp:send')).toBe('`outreach:whatsapp:send`')
    expect(code('a`b')).toBe("`a'b`")
    expect(code('a\u202eb')).toBe('`a b`')
    expect(code('')).toBe('`?`')
  })

  it('do not become emojis in plain text', () => {
    expect(plain('outreach:whatsapp:send', 100)).not.toContain(':whatsapp:')
    expect(plain(':red_circle: at 14:02', 100)).toBe(':red_circle: at 14:02')
  })

  it('in our sentences leave only people and rooms as markup', () => {
    expect(
      sentence('<@U0ANA> in <#C0ROOM>: <!here> <https://evil.example|ok> &amp; a < b', 200),
    ).toBe('<@U0ANA> in <#C0ROOM>: &lt;!here&gt; &lt;https://evil.example|ok&gt; &amp; a &lt; b')
    expect(sentence('Paused `email`.', 100)).toBe('Paused `email`.')
    expect(sentence('Odd ` tick', 100)).toBe("Odd ' tick")
  })

  it('mention only ids of people and groups', () => {
    expect([mention('U0ANA'), mention('S0OPS'), mention('everyone')]).toEqual([
      '<@U0ANA>',
      '<!subteam^S0OPS>',
      '`everyone`',
    ])
  })

  it('link only to the web', () => {
    expect(link('https://a.example/x?b=1&c=2|3', 'runbook')).toBe(
      '<https://a.example/x?b=1&amp;c=2%7C3|runbook>',
    )
    expect([link('ftp://a.example', 'x'), link('not a url', 'x'), link(null, 'x')]).toEqual([
      null,
      null,
      null,
    ])
  })
})
