import { json, openChannel, Refusal, string, type Answer, type Method } from './call.ts'
import type { FakeFile, SlackState } from './state.ts'

/** Where bytes go; the id behind it is as good as a secret. */
export const UPLOADS = '/upload/'

export const uploadMethods = (base: () => string) =>
  ({
    'files.getUploadURLExternal': (state, args) => {
      const length = Number(string(args, 'length'))
      const name = string(args, 'filename')
      if (name === '' || !(length > 0)) throw new Refusal('invalid_arguments')
      const id = `F0${state.serial()}`
      const file = { id, name, length, content: null, title: name, channel: null, threadTs: null }
      state.files.set(id, file)
      return { file_id: id, upload_url: `${base()}${UPLOADS}${id}` }
    },
    'files.completeUploadExternal': complete,
  }) as const satisfies Record<string, Method>

/** Takes the bytes; false where nobody asked for them, or they are not as many as announced. */
export function takeUpload(state: SlackState, id: string, content: Buffer): boolean {
  const file = state.files.get(id)
  if (file === undefined || content.length !== file.length) return false
  file.content = content
  return true
}

const complete: Method = (state, args): Answer => {
  const wanted = json(args, 'files')
  const files = (Array.isArray(wanted) ? wanted : []).map((one: unknown) => shared(state, one))
  if (files.length === 0) throw new Refusal('invalid_arguments')
  const channel = openChannel(state, string(args, 'channel_id'))
  const threadTs = string(args, 'thread_ts') || null
  for (const file of files) {
    file.channel = channel.id
    file.threadTs = threadTs
  }
  return { files: files.map(({ id, title }) => ({ id, title })) }
}

function shared(state: SlackState, one: unknown): FakeFile {
  const fields = typeof one === 'object' && one !== null ? (one as Record<string, unknown>) : {}
  const file = state.files.get(string(fields, 'id'))
  if (file === undefined || file.content === null) throw new Refusal('file_not_found')
  file.title = string(fields, 'title') || file.name
  return file
}
