import { Agent, request } from 'node:http'

import { ALERT_TOKEN, SYSTEM } from './stage.ts'

/** One body for each alert, as Alertmanager posts them, spread evenly over `queues`. */
export const alertBodies = (
  count: number,
  queues: readonly string[],
  at: Date,
): readonly Buffer[] =>
  Array.from({ length: count }, (_, n) => alertBody(n, queues[n % queues.length] ?? '', at))

function alertBody(n: number, queue: string, at: Date): Buffer {
  const labels = { alertname: 'QueueBacklog', severity: 'warning', system: SYSTEM, queue }
  return Buffer.from(
    JSON.stringify({
      version: '4',
      groupKey: `{}:{queue="${queue}"}`,
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'spillway',
      groupLabels: { queue },
      commonLabels: labels,
      commonAnnotations: {},
      externalURL: 'http://alertmanager.example',
      alerts: [
        {
          status: 'firing',
          labels: { ...labels, pod: `worker-${n}` },
          annotations: { summary: `${queue} is deep, says worker-${n}` },
          startsAt: at.toISOString(),
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://prometheus.example/graph',
          fingerprint: n.toString(16).padStart(16, '0'),
        },
      ],
    }),
  )
}

/**
 * Posts every body once, each of `connections` at full speed. Resolves to the milliseconds from each
 * request to its 2xx; throws at anything else.
 */
export async function postAll(
  url: string,
  bodies: readonly Buffer[],
  connections: number,
): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const times: number[] = []
  const left = bodies.values()
  const lane = async (): Promise<void> => {
    for (const body of left) times.push(await postOne(`${url}/alerts/alertmanager`, body, agent))
  }
  await Promise.all(Array.from({ length: connections }, lane))
  agent.destroy()
  return times
}

function postOne(url: string, body: Buffer, agent: Agent): Promise<number> {
  const startedAt = performance.now()
  const headers = {
    authorization: `Bearer ${ALERT_TOKEN}`,
    'content-type': 'application/json',
    'content-length': body.length,
  }
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent, headers }, (response) => {
      const ms = performance.now() - startedAt
      const isTaken = response.statusCode === 202
      response.resume().on('end', () => {
        if (isTaken) resolve(ms)
        else reject(new Error(`the bot answered ${response.statusCode}`))
      })
    })
      .on('error', reject)
      .end(body)
  })
}
