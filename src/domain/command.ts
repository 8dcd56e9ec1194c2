/** What a person typed after `/queue`, parsed; queue words are resolved against live queues later. */
export type QueueCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'list'; readonly filter: string | null }
  | { readonly kind: 'status'; readonly queue: string | null }
  | { readonly kind: 'failed'; readonly queue: string | null }
  | { readonly kind: 'pause'; readonly queue: string | null; readonly holdMs: number | null }
  | { readonly kind: 'resume'; readonly queue: string | null }
  | { readonly kind: 'held' }
  | { readonly kind: 'freeze'; readonly reason: string | null }
  | { readonly kind: 'unfreeze' }

/** What a person typed after `/incident`. A null id means the incident of the room one is in. */
export type IncidentCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'status'; readonly incidentId: number | null }
  | { readonly kind: 'ack'; readonly incidentId: number | null }
  | { readonly kind: 'resolve'; readonly incidentId: number | null }
