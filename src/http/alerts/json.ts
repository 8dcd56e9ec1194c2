import { z } from 'zod'

import type { Alert, AlertBatch } from '../../domain/alert.ts'
import { UnreadableBody } from '../../domain/alert.ts'
import {
  fingerprint,
  fingerprintOf,
  link,
  readJson,
  readShape,
  storable,
  texts,
  time,
} from './reading.ts'

const shortText = z.string().min(1).transform(storable).optional()

/** One alert in our own format; `docs/alerts.md` says what each field means. */
const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']).default('firing'),
  name: shortText,
  queue: shortText,
  system: shortText,
  severity: shortText,
  summary: shortText,
  labels: texts,
  annotations: texts,
  startsAt: time,
  endsAt: time,
  fingerprint,
  url: link,
})
const listSchema = z.object({ alerts: z.array(alertSchema) })

/** Our own format: `{"alerts": [...]}`, or one alert alone. */
export function parseJson(body: Buffer): AlertBatch {
  const raw = readJson(body)
  const isList = typeof raw === 'object' && raw !== null && 'alerts' in raw
  const alerts = isList ? readShape(listSchema, raw).alerts : [readShape(alertSchema, raw)]
  return { alerts: alerts.map(toAlert), truncated: 0 }
}

function toAlert(from: z.output<typeof alertSchema>): Alert {
  const labels = {
    ...from.labels,
    ...present({
      alertname: from.name,
      queue: from.queue,
      system: from.system,
      severity: from.severity,
    }),
  }
  if (Object.keys(labels).length === 0)
    throw new UnreadableBody('An alert needs `labels`, or at least `queue` or `name`.')
  return {
    fingerprint: from.fingerprint ?? fingerprintOf(labels),
    status: from.status,
    startsAt: from.startsAt,
    endsAt: from.status === 'resolved' ? from.endsAt : null,
    labels,
    annotations: { ...from.annotations, ...present({ summary: from.summary }) },
    sourceUrl: from.url,
  }
}

const present = (fields: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
