/** Bot scopes that a method needs in public channels, in private ones, or at all; any one of a list is enough. */
type Need = { readonly public: readonly string[]; readonly private: readonly string[] }

const both = (...scopes: string[]): Need => ({ public: scopes, private: scopes })

/** Every method that the fake knows; empty: no scope needed. */
export const SCOPES = {
  'auth.test': both(),
  'team.info': both('team:read'),
  'chat.postMessage': both('chat:write'),
  'chat.update': both('chat:write'),
  'chat.postEphemeral': both('chat:write'),
  'chat.getPermalink': both(),
  'conversations.create': { public: ['channels:manage'], private: ['groups:write'] },
  'conversations.invite': { public: ['channels:manage'], private: ['groups:write'] },
  'conversations.setTopic': { public: ['channels:manage'], private: ['groups:write'] },
  'conversations.join': both('channels:join'),
  'conversations.info': { public: ['channels:read'], private: ['groups:read'] },
  'conversations.list': both('channels:read'),
  'conversations.history': { public: ['channels:history'], private: ['groups:history'] },
  'conversations.replies': { public: ['channels:history'], private: ['groups:history'] },
  'files.getUploadURLExternal': both('files:write'),
  'files.completeUploadExternal': both('files:write'),
  'pins.add': both('pins:write'),
  'users.info': both('users:read'),
  'users.conversations': { public: ['channels:read'], private: ['groups:read'] },
  'usergroups.users.list': both('usergroups:read'),
  'views.open': both(),
  'views.update': both(),
  'views.publish': both(),
} as const satisfies Record<string, Need>

export type MethodName = keyof typeof SCOPES

export const isMethod = (name: string): name is MethodName => Object.hasOwn(SCOPES, name)
