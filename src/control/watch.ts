// Watches the files of a build and says when one of them holds something else than the build
// read: its bytes decide, so that a file that was only touched is no change. The system's notices
// make it quick, a slow round over the files makes it sure, for notices can be missing.
//
//   notice ─▶ quiet for a moment ─▶ look: cover folders, then hash ─▶ changed
//   round ─▶ stamps differ ─────────▲
//
// Nothing is lost between a build and its watch: folders are covered before files are hashed, and
// the hashes are held against those of the bytes that the build has read.
import { type Clock, type SourceFile, unreadContent } from '../base.ts'
import { contentOf, type Links, stampOf, type Step, wayTo } from './file-state.ts'
import { FolderWatch } from './folder-watch.ts'

export interface FileWatch {
  /** From now on these files, and what was in them for who read them. */
  follow(files: readonly SourceFile[]): void
  close(): void
}

export interface WatchSetup {
  readonly clock: Clock
  /** Called once for each change, however many files it touches. */
  readonly changed: () => void
}

/** An editor writes in several steps, a deployment many files. */
const quietMs = 100
const quietWaitMsMax = 1_000
const roundMs = 5_000

export function watchFiles(setup: WatchSetup): FileWatch {
  return new Watch(setup)
}

interface Followed {
  readonly path: string
  /** What whoever is told of changes knows; undefined: what the first look finds. */
  content: string | undefined
  /** Undefined: look at the bytes. */
  stamp: string | undefined
}

class Watch implements FileWatch {
  readonly #setup: WatchSetup
  readonly #folders = new FolderWatch(() => this.#stir())
  readonly #stopRounds: () => void
  #files: readonly Followed[] = []
  /** Since when notices wait to be looked into. */
  #stirredMs: number | undefined
  #cancelLook = () => {}
  #looking = false
  #closed = false

  constructor(setup: WatchSetup) {
    this.#setup = setup
    this.#stopRounds = setup.clock.every(roundMs, () => void this.#round())
  }

  follow(files: readonly SourceFile[]): void {
    this.#files = files.map(({ path, content }) => ({
      path,
      content: content === unreadContent ? undefined : content,
      stamp: undefined,
    }))
    this.#stir()
  }

  close(): void {
    this.#closed = true
    this.#cancelLook()
    this.#stopRounds()
    this.#folders.close()
  }

  #stir(): void {
    if (this.#closed) return
    const nowMs = this.#setup.clock.nowMs()
    this.#stirredMs ??= nowMs
    this.#cancelLook()
    // Its end comes back here.
    if (this.#looking) return
    const waitMs = Math.max(0, Math.min(quietMs, this.#stirredMs + quietWaitMsMax - nowMs))
    this.#cancelLook = this.#setup.clock.after(waitMs, () => {
      this.#stirredMs = undefined
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    const files = this.#files
    this.#looking = true
    await this.#folders.cover(await waysTo(files))
    const changes = await Promise.all(piecesOf(files).map((piece) => this.#reread(piece)))
    this.#looking = false
    if (this.#closed) return this.#folders.close()
    if (this.#stirredMs !== undefined) this.#stir()
    // Those who began to follow others have asked for a look of their own.
    if (files === this.#files && changes.includes(true)) this.#setup.changed()
  }

  /** Whether a file holds something new; from then on it is known. */
  async #reread(files: readonly Followed[]): Promise<boolean> {
    let changed = false
    for (const file of files) {
      const { path, content: before } = file
      // Before the bytes: what is written meanwhile shows in the next stamp.
      file.stamp = await stampOf(path, this.#setup.clock.epochMs())
      file.content = await contentOf(path)
      if (before !== undefined && before !== file.content) changed = true
    }
    return changed
  }

  async #round(): Promise<void> {
    if (this.#looking) return
    const files = this.#files
    const epochMs = this.#setup.clock.epochMs()
    for (const { path, stamp } of files) {
      if (stamp === undefined || stamp !== (await stampOf(path, epochMs))) return this.#stir()
    }
  }
}

async function waysTo(files: readonly Followed[]): Promise<Step[]> {
  const links: Links = new Map()
  const steps: Step[] = []
  for (const { path } of files) steps.push(...(await wayTo(path, links)))
  return steps
}

/** Few at a time: a contract of a thousand files must not take every file descriptor. */
const readersMax = 4

function piecesOf(files: readonly Followed[]): Followed[][] {
  return Array.from({ length: readersMax }, (_, i) =>
    files.filter((_file, at) => at % readersMax === i),
  )
}
