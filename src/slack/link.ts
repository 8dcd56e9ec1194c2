import { HTTPReceiver, SocketModeReceiver, type Receiver } from '@slack/bolt'
import type { WebClientOptions } from '@slack/web-api'

import type { SlackConfig } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/runtime.ts'
import { slackLogger } from './clients.ts'

/** How requests reach us: an outgoing web socket, or a port of ours. */
export interface Link {
  readonly receiver: Receiver
  /** Resolves when requests can arrive; `lost` then resolves when they no longer do. */
  open(): Promise<{ readonly lost: Promise<void>; readonly port: number | null }>
  close(): Promise<void>
}

const HELLO_TIMEOUT_MS = 15_000
const CONNECT_TIMEOUT_MS = 10_000

/** Throws `OperatorError('bad_input')` if the configuration lacks what its mode needs. */
export function createLink(config: SlackConfig, options: WebClientOptions, log: Log): Link {
  return config.mode === 'socket' ? socketLink(config, options, log) : httpLink(config, log)
}

function required(value: string | null, what: string): string {
  if (value !== null) return value
  throw new OperatorError(
    'bad_input',
    `Slack is configured without ${what}.`,
    'Nothing was started. Add it to the configuration.',
  )
}

/**
 * Reconnecting is ours, not the client's: its own attempts end in an unhandled rejection, and with it the
 * process, when Slack is away at the wrong moment.
 */
function socketLink(config: SlackConfig, options: WebClientOptions, log: Log): Link {
  const receiver = new SocketModeReceiver({
    appToken: required(config.appToken, 'an app-level token (Socket Mode needs one)'),
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: { ...options, timeout: CONNECT_TIMEOUT_MS } },
    logger: slackLogger(log),
  })
  const { client } = receiver
  return {
    receiver,
    async open() {
      const patience = setTimeout(() => void client.disconnect(), HELLO_TIMEOUT_MS)
      try {
        await client.start()
      } catch (error) {
        // Without a reason the socket closed before Slack had said hello.
        throw error ?? new Error('the connection closed before it was ready')
      } finally {
        clearTimeout(patience)
      }
      const lost = new Promise<void>((resolve) => client.once('disconnected', () => resolve()))
      return { lost, port: null }
    },
    close: async () => {
      await client.disconnect()
    },
  }
}

function httpLink(config: SlackConfig, log: Log): Link {
  const receiver = new HTTPReceiver({
    signingSecret: required(config.signingSecret, 'a signing secret (HTTP mode needs one)'),
    logger: slackLogger(log),
  })
  let isOpen = false
  return {
    receiver,
    async open() {
      const server = await receiver.start({ port: config.port, host: config.host })
      isOpen = true
      const address = server.address()
      return {
        lost: new Promise<void>((resolve) => server.once('close', () => resolve())),
        port: typeof address === 'object' ? (address?.port ?? null) : null,
      }
    },
    async close() {
      if (!isOpen) return
      isOpen = false
      await receiver.stop()
    },
  }
}
