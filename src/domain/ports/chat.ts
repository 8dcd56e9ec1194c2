import type { Actor } from '../action.ts'
import type { Member } from '../policy.ts'

/**
 * The rooms side of Slack, as use cases need it. Every method throws `OperatorError('slack_unreachable')`
 * when Slack does not answer, and `ChatRefusal` when it answers no.
 */
export interface Chat {
  createRoom(
    name: string,
    isPrivate: boolean,
  ): Promise<{ readonly channelId: string; readonly name: string }>
  /**
   * The channel of this name if this bot itself made it after `madeAfter` (users.conversations): what a
   * crash between asking Slack for a room and noting its answer leaves behind. Else null.
   */
  findOwnRoom(
    name: string,
    madeAfter: Date,
  ): Promise<{ readonly channelId: string; readonly name: string } | null>
  invite(channelId: string, userIds: readonly string[]): Promise<void>
  setTopic(channelId: string, topic: string): Promise<void>
  pin(channelId: string, ts: string): Promise<void>
  /** Posts a file, once: a call that was not answered may have posted it, and is not made again. */
  postFile(file: NewFile, place: FilePlace): Promise<void>
  /** Members of a user group, from Slack, at most 60 s old. */
  groupMembers(groupId: string): Promise<readonly string[]>
  /**
   * What Slack says of a person, at most 60 s old; `fresh` asks anew. Never throws for Slack's sake: when it
   * does not say, nobody is verified and only the roles that name people by id hold.
   */
  member(actor: Actor, options?: MemberOptions): Promise<Member>
}

export interface NewFile {
  /** With its ending: `plan-42.csv`. */
  readonly name: string
  readonly title: string
  readonly content: Uint8Array
}

/** A thread, or a person directly, who is told these words first. */
export type FilePlace =
  | { readonly channelId: string; readonly threadTs: string }
  | { readonly userId: string; readonly words: string }

export interface MemberOptions {
  readonly fresh?: boolean
  /** The user groups that matter, each of which may be a call to Slack; all that roles name unless told. */
  readonly groups?: readonly string[]
}

/** Slack's no, with its error code, e.g. `name_taken`. */
export class ChatRefusal extends Error {
  override readonly name = 'ChatRefusal'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
