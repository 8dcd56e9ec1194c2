/** What the fake knows. Tests may read it freely, and set up people and channels in it. */
interface FakeUser {
  readonly id: string
  readonly name: string
  readonly teamId: string
  readonly isBot: boolean
  readonly isGuest: boolean
  readonly isDeleted: boolean
}

export interface FakeMessage {
  ts: string
  user: string
  text: string
  blocks: readonly unknown[]
  metadata: unknown
  threadTs: string | null
  edits: number
}

/** Bytes that were uploaded, and where they were shared. */
export interface FakeFile {
  readonly id: string
  readonly name: string
  readonly length: number
  content: Buffer | null
  title: string
  channel: string | null
  threadTs: string | null
}

export interface FakeEphemeral {
  readonly user: string
  readonly text: string
  readonly blocks: readonly unknown[]
}

export interface FakeChannel {
  readonly id: string
  readonly name: string
  readonly isPrivate: boolean
  /** Who made it, and when, in seconds. */
  readonly creator: string
  readonly created: number
  isArchived: boolean
  topic: string
  readonly members: Set<string>
  readonly messages: FakeMessage[]
  readonly ephemerals: FakeEphemeral[]
  readonly pins: Set<string>
}

export interface FakeView {
  readonly id: string
  readonly user: string
  hash: string
  view: Readonly<Record<string, unknown>>
  isOpen: boolean
}

export interface SlackState {
  readonly teamId: string
  readonly botUserId: string
  readonly botId: string
  readonly users: Map<string, FakeUser>
  readonly groups: Map<string, readonly string[]>
  readonly channels: Map<string, FakeChannel>
  readonly files: Map<string, FakeFile>
  readonly views: Map<string, FakeView>
  readonly homes: Map<string, Readonly<Record<string, unknown>>>
  readonly triggers: Map<
    string,
    { readonly user: string; readonly madeAt: number; isUsed: boolean }
  >
  readonly responseUrls: Map<
    string,
    { readonly user: string; readonly channel: string; readonly madeAt: number; uses: number }
  >
  /** Milliseconds; the fake's only clock. */
  readonly now: () => number
  /** A name never used before, for ids. */
  readonly serial: () => number
  /** Unique in a workspace here, strictly increasing. */
  readonly ts: () => string
}

export interface FakeSlackSetup {
  /** Default: those of `manifest.yml`. */
  readonly scopes?: readonly string[]
  readonly users?: readonly (Partial<FakeUser> & { readonly id: string })[]
  readonly groups?: Readonly<Record<string, readonly string[]>>
  readonly channels?: readonly {
    readonly id: string
    readonly name: string
    readonly members?: readonly string[]
    readonly isPrivate?: boolean
  }[]
  readonly now?: () => number
  /** Default: a free one. Given, a Slack that was away comes back where it was. */
  readonly port?: number
}

export const TEAM = 'T0SPILL'
export const BOT_USER = 'U0SPILLWAY'
const BOT_ID = 'B0SPILLWAY'

const aUser = (given: Partial<FakeUser> & { readonly id: string }): FakeUser => ({
  name: given.id.toLowerCase(),
  teamId: TEAM,
  isBot: false,
  isGuest: false,
  isDeleted: false,
  ...given,
})

export const aChannel = (
  given: Pick<FakeChannel, 'id' | 'name' | 'isPrivate' | 'creator' | 'created'>,
  members: readonly string[],
): FakeChannel => ({
  ...given,
  isArchived: false,
  topic: '',
  members: new Set(members),
  messages: [],
  ephemerals: [],
  pins: new Set(),
})

export function createState(setup: FakeSlackSetup): SlackState {
  const now = setup.now ?? Date.now
  let serial = 0
  let lastMicros = 0
  const bot = aUser({ id: BOT_USER, name: 'spillway', isBot: true })
  return {
    teamId: TEAM,
    botUserId: BOT_USER,
    botId: BOT_ID,
    users: new Map([bot, ...(setup.users ?? []).map(aUser)].map((user) => [user.id, user])),
    groups: new Map(Object.entries(setup.groups ?? {})),
    channels: new Map(
      (setup.channels ?? []).map(({ id, name, members, isPrivate = false }) => [
        id,
        aChannel({ id, name, isPrivate, creator: 'U0ADMIN', created: 0 }, members ?? [BOT_USER]),
      ]),
    ),
    files: new Map(),
    views: new Map(),
    homes: new Map(),
    triggers: new Map(),
    responseUrls: new Map(),
    now,
    serial: () => (serial += 1),
    ts: () => {
      lastMicros = Math.max(lastMicros + 1, now() * 1000)
      return `${Math.floor(lastMicros / 1e6)}.${String(lastMicros % 1e6).padStart(6, '0')}`
    },
  }
}
