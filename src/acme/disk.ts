// A folder that holds what must outlive us, and that several processes may share. A file is whole
// or it is not there: it is written beside its place, brought to the disk and moved over it.
import { randomUUID } from 'node:crypto'
import { link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Paths are relative to the folder, with `/`. What fails throws as the system says it. */
export interface Disk {
  /** Undefined where there is none. */
  read(path: string): Promise<string | undefined>
  /** All of it or nothing. */
  write(path: string, text: string): Promise<void>
  /** The same where there is none yet; false where there is one. */
  create(path: string, text: string): Promise<boolean>
  rename(from: string, to: string): Promise<void>
  /** Absent is as good. */
  remove(path: string): Promise<void>
  /** Names of files; none of a folder that is absent. */
  list(folder: string): Promise<string[]>
}

const fileBytesMax = 1024 * 1024
const filesMax = 10_000

export class FolderDisk implements Disk {
  readonly #folder: string
  /** Folders that nothing of dead processes lies in. */
  readonly #tidied = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async read(path: string): Promise<string | undefined> {
    const file = await open(join(this.#folder, path), 'r').catch(unlessAbsent)
    if (file === undefined) return undefined
    try {
      const { size } = await file.stat()
      if (size > fileBytesMax) throw new Error(`${path} is longer than ${fileBytesMax} bytes`)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  }

  async write(path: string, text: string): Promise<void> {
    await this.#placed(path, text, rename)
  }

  async create(path: string, text: string): Promise<boolean> {
    try {
      // A link, in contrast to a move, fails where the name is taken.
      await this.#placed(path, text, link)
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(join(this.#folder, from), join(this.#folder, to))
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.#folder, path), { force: true })
  }

  async list(folder: string): Promise<string[]> {
    const names = await readdir(join(this.#folder, folder)).catch(unlessAbsent)
    return (names ?? []).filter((name) => !name.endsWith(unfinished)).slice(0, filesMax)
  }

  async #placed(
    path: string,
    text: string,
    place: (from: string, to: string) => Promise<void>,
  ): Promise<void> {
    const full = join(this.#folder, path)
    const folder = await ownFolder(dirname(full))
    const beside = join(folder, `.${randomUUID()}${unfinished}`)
    try {
      await written(beside, text)
      if (!this.#tidied.has(folder)) await tidy(folder, beside)
      this.#tidied.add(folder)
      await place(beside, full)
      await synced(folder)
    } finally {
      await rm(beside, { force: true })
    }
  }
}

const unfinished = '.tmp'

const deadAfterMs = 3_600_000

/** Removes what others began so long before ours that they must have died over it. */
async function tidy(folder: string, own: string): Promise<void> {
  const { mtimeMs: nowMs } = await lstat(own)
  for (const name of (await readdir(folder)).filter((one) => one.endsWith(unfinished))) {
    const path = join(folder, name)
    const found = await lstat(path).catch(unlessAbsent)
    if (found !== undefined && nowMs - found.mtimeMs > deadAfterMs) await rm(path, { force: true })
  }
}

async function ownFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  // Who may write there may put his key in the place of ours.
  if (process.getuid !== undefined && (found.mode & 0o022) !== 0) {
    throw new Error(`${folder} may be written to by others: chmod go-w it`)
  }
  return folder
}

async function written(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The name itself has to outlive a loss of power; where folders cannot be synced it is left to luck. */
async function synced(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

function unlessAbsent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw error
}
