import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { splitWords } from '../../../src/domain/command-words.ts'
import { OperatorError } from '../../../src/domain/errors.ts'
import {
  isFilterWord,
  parseFilterText,
  parseJobFilter,
} from '../../../src/domain/filter-grammar.ts'
import { filterWords } from '../../../src/domain/filter-words.ts'
import { NO_FILTER } from '../../../src/domain/job-filter.ts'
import { messageOf } from '../../helpers/config.ts'
import { anyFilter } from '../../helpers/filters.ts'

const parse = (text: string) => parseJobFilter(splitWords(text))

/** The filter's own words, or what is said against it. */
function outcomeOf(text: string): string {
  try {
    return filterWords(parse(text)) || 'everything'
  } catch (error) {
    if (error instanceof OperatorError) return error.message
    throw error
  }
}

describe('a filter', () => {
  it.each([
    ['', {}],
    ['state:failed,delayed', { states: ['failed', 'delayed'] }],
    ['State=Failed', { states: ['failed'] }],
    ['type:whatsapp.send type:a,b', { types: ['whatsapp.send', 'a', 'b'] }],
    ['type:outreach:whatsapp:*', { types: ['outreach:whatsapp:*'] }],
    ['error:"no such user, sorry"', { errors: [{ kind: 'exact', text: 'no such user, sorry' }] }],
    ['error:“no such user”', { errors: [{ kind: 'exact', text: 'no such user' }] }],
    ['error:"said ""no"""', { errors: [{ kind: 'exact', text: 'said "no"' }] }],
    ['error:"#a1b2c3"', { errors: [{ kind: 'exact', text: '#a1b2c3' }] }],
    ['error:~ETIMEDOUT', { errors: [{ kind: 'pattern', text: 'ETIMEDOUT' }] }],
    ['error:~a{1,3}', { errors: [{ kind: 'pattern', text: 'a{1,3}' }] }],
    ['error:~"code 5\\d\\d"', { errors: [{ kind: 'pattern', text: 'code 5\\d\\d' }] }],
    ['error:#A1B2C3', { errors: [{ kind: 'cluster', text: 'a1b2c3' }] }],
    ['cluster:a1b2c3d4', { errors: [{ kind: 'cluster', text: 'a1b2c3d4' }] }],
    [
      'error:<https://api.example.com|api.example.com>',
      { errors: [{ kind: 'exact', text: 'api.example.com' }] },
    ],
    ['data.customer.id=42', { payload: [{ path: ['customer', 'id'], isNot: false, value: '42' }] }],
    ['data.pin=*', { payload: [{ path: ['pin'], isNot: false, value: '*' }] }],
    ['data.x!=1', { payload: [{ path: ['x'], isNot: true, value: '1' }] }],
    ['data."e.mail":a', { payload: [{ path: ['e.mail'], isNot: false, value: 'a' }] }],
    ['older:30m newer:2h', { olderMs: 1_800_000, newerMs: 7_200_000 }],
    [
      'attempts:&gt;2 attempts&lt;=9',
      {
        attempts: [
          { op: '>', value: 2 },
          { op: '<=', value: 9 },
        ],
      },
    ],
    ['priority:1', { priority: [{ op: '=', value: 1 }] }],
    ['priority!=0', { priority: [{ op: '!=', value: 0 }] }],
    ['id:123,456 id:order:7', { ids: ['123', '456', 'order:7'] }],
    ['is:corrupted is:duplicate', { is: ['corrupted', 'duplicate'] }],
    ['limit:100', { limit: 100 }],
  ])('is read: %s', (text, parts) => {
    expect(parse(text)).toEqual({ ...NO_FILTER, ...parts })
  })

  it('survives being written in its own words', () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(parseFilterText(filterWords(filter))).toEqual(filter)
      }),
      { numRuns: 500 },
    )
  })

  it('is told from the name of a queue', () => {
    const isFilter = (text: string) => splitWords(text).map(isFilterWord)
    expect(isFilter('type:a data.x=1 attempts>2 Older:1h')).toEqual([true, true, true, true])
    expect(isFilter('email payment:capture type.a data.sync "type:a" state')).toEqual(
      Array.from({ length: 6 }, () => false),
    )
  })
})

describe('what is no filter is refused at the word', () => {
  it.each([
    ['state:failed tpye:x', 'Unknown filter word `tpye:x`; did you mean `type:`?'],
    ['name:x', 'did you mean `type:`?'],
    ['payload.x=1', 'did you mean `data.`?'],
    ['12345', '`12345` is no filter; did you mean `id:12345`?'],
    ['failed', 'did you mean `state:failed`?'],
    ['#a1b2c3', 'did you mean `error:#a1b2c3`?'],
    ['"error:no such user"', 'Only the value stands in quotes.'],
    ['state:fialed', 'did you mean `state:failed`?'],
    ['is:dupe', '`dupe` is no property'],
    ['type:', 'In `type:` a value is missing.'],
    ['type:a,', 'In `type:a,` a value is missing.'],
    ['type!=a', '`type` takes `:`, not `!=`'],
    ['type:~a', 'Only `error` takes a pattern'],
    ['data=5', '`data=5` does not say which value.'],
    ['data.x>5', '`data` takes `=` and `!=`, not `>`'],
    ['error:"no such', 'The quotes in `error:"no` do not end.'],
    ['error:"a"b', 'something follows the quotes'],
    ['error:~(a', 'The pattern in `error:~(a` cannot be used: missing closing )'],
    ['error:~(?=a)', 'cannot be used'],
    ['error:#xyz', '`#xyz` is not the key of a failure cluster.'],
    ['older:30', '`30` is not a time'],
    ['older:1h older:2h', '`older` can be given once only'],
    ['older:2h newer:1h', 'No job is both older than 2 h and newer than 1 h.'],
    ['attempts:many', '`many` is not a number'],
    ['priority:1,>2', 'both lists numbers and compares them'],
    ['limit:0', '`0` is not a number of jobs.'],
    [`type:${'a'.repeat(2001)}`, 'is too long'],
    [`id:${'1,'.repeat(1000)}1`, 'has more than 1000 values'],
    ['type:a '.repeat(61), 'at most 60 words'],
    ['data.password=hunt*', '`data.password` is redacted, so a `*` cannot search it.'],
    ['data.users.0."e-mail"!=*@a.io', '`data.users.0.e-mail` is redacted'],
    ['error:"no user ana@a.io"', 'as it is shown: `error:"no user [redacted]"`'],
  ])('%s', (text, words) => {
    const said = messageOf(() => parse(text))
    expect(said).toContain(words)
    expect(said).toContain('\nNothing was changed. ')
  })

  it('whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (one, two) => {
        // Anything but a refusal in words is thrown on.
        const said = outcomeOf(`${one} error:${two} data.${one}=${two}`)
        expect(said).not.toBe('')
      }),
    )
  })
})
