import { z } from 'zod'

import type { TaskName, Tasks } from '../domain/ports/store.ts'

/** What each task accepts; anything else fails the job, for a newer replica may understand it. */
export const payloads = {
  process_delivery: z.object({ deliveryId: z.string().min(1) }),
  open_room: z.object({ incidentId: z.number().int() }),
  deliver_messages: z.object({ channel: z.string().min(1) }),
  execute_plan: z.object({ planId: z.string().min(1) }),
  end_hold: z.object({ holdId: z.string().min(1) }),
  verify_recovery: z.object({ recoveryId: z.string().min(1) }),
  anchor_audit: z.object({}),
  verify_audit: z.object({}),
} satisfies { readonly [K in TaskName]: z.ZodType<Tasks[K]> }
