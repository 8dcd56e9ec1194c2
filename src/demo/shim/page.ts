import { readFileSync } from 'node:fs'

const SCRIPT = readFileSync(new URL('./in-page.js', import.meta.url), 'utf8')

/**
 * Where the page of 0.1.8 shows something other than Slack would. What a later version words differently
 * stays as it is: the page works without any of these.
 */
export const CORRECTIONS: readonly (readonly [string, string])[] = [
  ['<head>', `<head><script>${SCRIPT}</script>`],
  [' — try /echo hi', ' — try /queue help'],
  // A direct message is with the bot, not with oneself.
  [
    'const m=l.members.find(g=>!a.includes(g));return Bo(c,m)',
    'const m=l.members.find(g=>a.includes(g));return Bo(c,m)',
  ],
  ['[V.members.length," members"]', '[window.spillwayTopic(V.id)??V.members.length+" members"]'],
  // Escaped text stays escaped once, and is not taken for a mention; an asterisk in code ends nothing.
  [
    'return l.replace(/&/g,"&amp;").replace(/</g,"&lt;")',
    'return l.replace(/`[^`\\n]+`/g,x=>x.replaceAll("*","\\ue002")).replace(/&lt;/g,"\\ue000").replace(/&gt;/g,"\\ue001").replace(/&amp;/g,"&").replace(/&/g,"&amp;").replace(/</g,"&lt;")',
  ],
  [
    'c=c.replace(/\\n/g,"<br/>"),c}',
    'c=c.replace(/\\n/g,"<br/>").replace(/\\ue000/g,"&lt;").replace(/\\ue001/g,"&gt;").replace(/\\ue002/g,"*"),c}',
  ],
  // Code in fences.
  [
    'c=c.replace(/`([^`\\n]+)`/g',
    'c=c.replace(/```\\n?([^`]+?)\\n?```/g,"<code class=fence>$1</code>"),c=c.replace(/`([^`\\n]+)`/g',
  ],
  // Emoji in headers.
  [
    'className:"bk-header",children:(m=l.text)==null?void 0:m.text',
    'className:"bk-header",children:((m=l.text)==null?"":m.text).replace(/:([a-z0-9_+-]+):/g,(a,n)=>Yl(n))',
  ],
  // An emoji that the page does not know.
  ['return G8.emoji[c]??', 'return G8.emoji[c]??{raised_hand:"✋"}[c]??'],
  // What a menu shows as chosen.
  [
    '.value)??"";return f.jsxs("select",{className:"bk-select",value:V',
    '.value)??l.initial_option?.value??"";return f.jsxs("select",{className:"bk-select",value:V',
  ],
  [
    'rel="stylesheet" crossorigin>',
    'rel="stylesheet" crossorigin>.fence{display:block;white-space:pre-wrap;padding:6px 8px;overflow-wrap:anywhere}.msg-edited{display:none}',
  ],
]

/** The page with our script in front of its own, and corrected. */
export const improvePage = (html: string): string =>
  CORRECTIONS.reduce((page, [from, to]) => page.replace(from, () => to), html)
