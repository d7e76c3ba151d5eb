// The system's notice of changes in folders, for the names that matter. Folders are watched, not
// files: editors put a new file in the place of the old one, and a watch on a file would follow
// the old one out of sight. Where the system refuses (none left, a disk that knows no notices)
// nothing is said: whoever asks looks for himself from time to time.
import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Step } from './file-state.ts'

const foldersMax = 256

interface Watched {
  readonly watcher: FSWatcher
  /** Of the folder that is watched: another may come to stand under its path. */
  readonly inode: string
  names: ReadonlySet<string>
}

export class FolderWatch {
  readonly #stirred: () => void
  readonly #watched = new Map<string, Watched>()

  constructor(stirred: () => void) {
    this.#stirred = stirred
  }

  /** From now on these names and no others. */
  async cover(steps: readonly Step[]): Promise<void> {
    const wanted = namesByFolder(steps)
    for (const folder of this.#watched.keys()) if (!wanted.has(folder)) this.#drop(folder)
    for (const [folder, names] of wanted) await this.#watch(folder, names)
  }

  close(): void {
    for (const folder of this.#watched.keys()) this.#drop(folder)
  }

  async #watch(folder: string, names: ReadonlySet<string>): Promise<void> {
    const inode = await inodeOf(folder)
    const before = this.#watched.get(folder)
    if (before !== undefined && before.inode === inode) {
      before.names = names
      return
    }
    this.#drop(folder)
    if (inode !== undefined) this.#open(folder, inode, names)
  }

  #open(folder: string, inode: string, names: ReadonlySet<string>): void {
    try {
      const watcher = watch(folder, { persistent: false })
      this.#watched.set(folder, { watcher, inode, names })
      watcher.on('change', (_, name) => this.#take(folder, name === null ? null : String(name)))
      watcher.on('error', () => this.#drop(folder))
    } catch {
      // As said above.
    }
  }

  #take(folder: string, name: string | null): void {
    const watched = this.#watched.get(folder)
    if (watched === undefined) return
    // The folder itself went: its watch is worth nothing, even if the inode comes back.
    if (name === basename(folder)) this.#drop(folder)
    else if (name !== null && !watched.names.has(name)) return
    this.#stirred()
  }

  #drop(folder: string): void {
    this.#watched.get(folder)?.watcher.close()
    this.#watched.delete(folder)
  }
}

function namesByFolder(steps: readonly Step[]): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>()
  for (const { folder, name } of steps) {
    const names = wanted.get(folder)
    if (names !== undefined) names.add(name)
    else if (wanted.size < foldersMax) wanted.set(folder, new Set([name]))
  }
  return wanted
}

async function inodeOf(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch(() => undefined)
  return found?.isDirectory() ? `${found.dev}:${found.ino}` : undefined
}
