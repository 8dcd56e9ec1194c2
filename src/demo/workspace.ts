/** The people and channels of the local Slack. Everything here is made up and the same at every start. */
export interface DemoPerson {
  readonly id: string
  readonly name: string
  readonly realName: string
}

export const OPERATOR: DemoPerson = { id: 'U01ANA', name: 'ana', realName: 'Ana (on call)' }
export const LEAD: DemoPerson = {
  id: 'U02BRUNO',
  name: 'bruno',
  realName: 'Bruno (lead, approves)',
}
export const VIEWER: DemoPerson = { id: 'U03CARLA', name: 'carla', realName: 'Carla (no role)' }
export const PEOPLE: readonly DemoPerson[] = [OPERATOR, LEAD, VIEWER]

const TEAM_ID = 'T01NORTHWIND'
export const BOT_USER_ID = 'U0SPILLWAY'
export const BOT_TOKEN = 'xoxb-local-demo'
export const APP_TOKEN = 'xapp-local-demo'

export const OPS_CHANNEL = {
  id: 'C01QUEUEOPS',
  name: 'queue-ops',
  topic: 'Trouble starts by itself: open the inc-… channel, click its buttons, or try /queue list',
}
/** Where the head of the audit trail is kept, out of the database's reach. */
export const AUDIT_CHANNEL = {
  id: 'C03AUDIT',
  name: 'audit-anchors',
  topic: 'The head of the audit trail, out of reach of whoever owns the database',
}
const GENERAL_CHANNEL = { id: 'C02GENERAL', name: 'general', topic: 'Northwind Sales' }
export const CHANNELS = [OPS_CHANNEL, AUDIT_CHANNEL, GENERAL_CHANNEL]
export const ON_CALL_GROUP = { id: 'S01ONCALL', handle: 'on-call', users: [OPERATOR.id] }

/** The workspace file that the local Slack is started with. */
export function workspaceFile(): string {
  const people = PEOPLE.map(({ id, name, realName }) => ({
    id,
    name,
    real_name: realName,
    email: `${name}@northwind.example`,
    tz: 'Europe/Bucharest',
  }))
  const members = [BOT_USER_ID, ...PEOPLE.map(({ id }) => id)]
  return JSON.stringify({
    workspace: { name: 'Northwind Sales', domain: 'northwind', teamId: TEAM_ID },
    apps: [
      {
        appId: 'A01SPILLWAY',
        botUserId: BOT_USER_ID,
        botName: 'spillway',
        botToken: BOT_TOKEN,
        appToken: APP_TOKEN,
        mode: 'socket',
      },
    ],
    users: people,
    channels: CHANNELS.map((channel) => ({ ...channel, members })),
  })
}
