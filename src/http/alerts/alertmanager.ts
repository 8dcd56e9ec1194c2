import { z } from 'zod'

import type { Alert, AlertBatch } from '../../domain/alert.ts'
import { fingerprint, fingerprintOf, link, readJson, readShape, texts, time } from './reading.ts'

const status = z.enum(['firing', 'resolved']).optional().catch(undefined)

const alertSchema = z.object({
  status,
  labels: texts,
  annotations: texts,
  startsAt: time,
  endsAt: time,
  generatorURL: link,
  fingerprint,
})

const bodySchema = z.object({
  status,
  alerts: z.array(alertSchema),
  commonLabels: texts,
  truncatedAlerts: z.int().nonnegative().catch(0),
})

/**
 * The webhook of Alertmanager, version 4, and of those that speak it. The operator may have replaced the
 * body by a template of their own, so everything but the list of alerts may be missing. The body's own
 * status counts only for alerts without one: it says firing if any of them fires.
 */
export function parseAlertmanager(body: Buffer): AlertBatch {
  const read = readShape(bodySchema, readJson(body))
  const toAlert = (from: z.output<typeof alertSchema>): Alert => {
    const labels = Object.keys(from.labels).length === 0 ? read.commonLabels : from.labels
    const current = from.status ?? read.status ?? 'firing'
    return {
      fingerprint: from.fingerprint ?? fingerprintOf(labels),
      status: current,
      startsAt: from.startsAt,
      // While an alert fires, Prometheus may name a future end; it means nothing yet.
      endsAt: current === 'resolved' ? from.endsAt : null,
      labels,
      annotations: from.annotations,
      sourceUrl: from.generatorURL,
    }
  }
  return { alerts: read.alerts.map(toAlert), truncated: read.truncatedAlerts }
}
