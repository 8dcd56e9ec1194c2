import { link, readFile, rm, writeFile } from 'node:fs/promises'

import { z } from 'zod'

import { OperatorError } from '../../domain/errors.ts'

const Holder = z.object({ pid: z.number().int().positive(), birth: z.string().nullable() })
type Holder = z.infer<typeof Holder>

/**
 * Makes this process the only Spillway on a data directory until the returned function is called. A
 * holder that died leaves the file behind; it is known by its process being gone, or being another one
 * by now. Throws `OperatorError('busy')` while the holder lives.
 */
export async function holdDirectory(file: string): Promise<() => Promise<void>> {
  while (!(await claim(file))) {
    const holder = await readHolder(file)
    if (holder !== null && (await isAlive(holder))) {
      throw new OperatorError(
        'busy',
        `Another Spillway (process ${holder.pid}) already uses the data beside ${file}.`,
        'That one goes on undisturbed. Stop it first, or give this one its own data directory or a DATABASE_URL.',
      )
    }
    await rm(file, { force: true })
  }
  return () => rm(file, { force: true })
}

/** Linked into place with its content, so that nobody ever reads half of it. */
async function claim(file: string): Promise<boolean> {
  const holder: Holder = { pid: process.pid, birth: await birthOf(process.pid) }
  const draft = `${file}.${process.pid}`
  await writeFile(draft, JSON.stringify(holder))
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Null if the file is gone or damaged, as after a power cut. */
async function readHolder(file: string): Promise<Holder | null> {
  try {
    return Holder.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return null
  }
}

async function isAlive({ pid, birth }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  // In containers every start may have the same process id: what differs is when it began.
  return (await birthOf(pid)) === birth
}

/** When a process began, as boot and ticks since then; `ended` for a corpse nobody has buried; null where the system does not tell. */
async function birthOf(pid: number): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field, a name in brackets, may hold blanks; the state and the start come after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'ended' : `${boot.trim()}/${fields[19]}`
  } catch {
    return null
  }
}
