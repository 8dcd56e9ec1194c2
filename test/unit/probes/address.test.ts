import { expect, it } from 'vitest'

import { actionProbe, EMAIL, opened } from '../../integration/probes/opened.ts'

it.each([
  ['https://api.example.com/v2/test-orders', 'https://api.example.com/v2/test-orders'],
  ['https://bot:hunter2@api.example.com/orders?token=abc', 'https://api.example.com/orders'],
  [
    'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
    expect.stringMatching(/^https:\/\/hooks\.slack\.com\/[^A-Z]*$/),
  ],
  [
    'https://api.telegram.org/bot123456789:AAFakeFakeFakeFakeFakeFakeFakeFake012/sendMessage',
    expect.stringMatching(/^https:\/\/api\.telegram\.org\/[^A-Z]*\/sendMessage$/),
  ],
  ['https://hc.example.com/ping/3f1c0a9be2d84c7f', 'https://hc.example.com/ping/…'],
  ['https://run.example.com/hook/QWxhZGRpbjpvcGVuc2VzYW1l/go', 'https://run.example.com/hook/…/go'],
])('shows where %s is sent, without what is secret of it', (url, shown) => {
  const [probe] = opened(actionProbe(url)).of(EMAIL)
  expect(probe?.sends?.where.replace(/^POST /, '')).toEqual(shown)
})
