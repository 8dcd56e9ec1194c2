import type { Config } from '../../src/config/types.ts'
import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS } from '../../src/domain/policy.ts'
import { DEFAULT_POLICY } from '../../src/domain/settings.ts'
import { aSettings, configOf } from '../../test/helpers/config-of.ts'
import type { FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { QUEUE_RULES } from './queues.ts'
import { GROUP } from './scene.ts'

/** Limits that chaos cannot reach; times that it can. */
export function chaosConfig(
  redis: { readonly url: string },
  slack: FakeSlack,
  queues: readonly string[],
): Config {
  const limits = { perPerson: 1e6, perQueue: 1e6, windowMs: 60_000 }
  const settings = {
    queueRules: QUEUE_RULES,
    roles: aSettings().roles.map((role) => ({
      ...role,
      groups: [GROUP],
      breaksGlass: ACTION_KINDS,
    })),
    policy: {
      ...DEFAULT_POLICY,
      approvers: [{ match: 'sales/pay-out', tiers: ALL_TIERS, actions: ACTION_KINDS, count: 2 }],
      planTtlMs: 15_000,
      approvalTtlMs: 15_000,
      limits,
    },
  }
  return { ...configOf({ redis, queues, settings }, slack), logLevel: 'warn' }
}
