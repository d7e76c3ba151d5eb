// Which of several processes that share a folder does a thing. A lease is a file with a number:
//
//   name.1 released ◀── name.2 held by A, who died ◀── name.3 held by B
//
// Who finds the highest one released, or at rest for too long, makes the next one, which the disk
// grants to one alone; he holds it if no higher one appeared meanwhile. Only the holder of a number
// writes to it, and only the holder of a higher one removes it, so a slow process cannot undo what
// happened behind its back. Times of other machines are never compared: a holder changes his file,
// and the others look whether it changes.
import type { Clock } from '../base.ts'
import type { Disk } from './disk.ts'
import { isRecord, parsedJson, textOf } from './json.ts'

const beatMs = 10_000
const deadMs = 45_000

export interface Lease {
  release(): Promise<void>
}

export interface LeaseSetup {
  readonly disk: Disk
  readonly clock: Clock
  readonly folder: string
  /** Of this process alone. */
  readonly holder: string
  /** Whether a holder is known to be no more: then nobody waits until his file stands still. */
  readonly isGone: (holder: string) => boolean
}

const released = 'released'

export class Leases {
  readonly #setup: LeaseSetup
  /** What was seen of leases of others, and since when it has been so. */
  readonly #seen = new Map<string, { readonly text: string; readonly sinceMs: number }>()

  constructor(setup: LeaseSetup) {
    this.#setup = setup
  }

  /** Undefined where another holds it, or may hold it. Throws what the disk throws. */
  async take(name: string): Promise<Lease | undefined> {
    const { disk } = this.#setup
    const top = Math.max(0, ...(await this.#numbers(name)))
    if (top > 0 && !(await this.#isFree(this.#path(name, top)))) return undefined
    const path = this.#path(name, top + 1)
    if (!(await disk.create(path, this.#beat(0)))) return undefined
    const numbers = await this.#numbers(name)
    if (Math.max(...numbers) !== top + 1) {
      await disk.remove(path)
      return undefined
    }
    for (const below of numbers.filter((one) => one <= top)) {
      await disk.remove(this.#path(name, below))
      this.#seen.delete(this.#path(name, below))
    }
    return this.#hold(path)
  }

  #hold(path: string): Lease {
    const { clock, disk } = this.#setup
    let beats = 0
    // One write after the other, or a late beat would take a release back.
    let last = Promise.resolve()
    const write = (text: string) => {
      // What the disk refuses it may take the next time; at worst another takes over.
      last = last.then(() => disk.write(path, text)).catch(() => {})
      return last
    }
    const stop = clock.every(beatMs, () => void write(this.#beat(++beats)))
    return {
      async release() {
        stop()
        await write(released)
      },
    }
  }

  async #isFree(path: string): Promise<boolean> {
    const { clock, disk, isGone } = this.#setup
    const text = await disk.read(path)
    if (text === undefined || text === released) return text === released
    if (isGone(holderIn(text))) return true
    const seen = this.#seen.get(path)
    if (seen?.text === text) return clock.nowMs() - seen.sinceMs >= deadMs
    this.#seen.set(path, { text, sinceMs: clock.nowMs() })
    return false
  }

  async #numbers(name: string): Promise<number[]> {
    const names = await this.#setup.disk.list(this.#setup.folder)
    return names.flatMap((file) => {
      const number = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : ''
      return /^[1-9]\d{0,14}$/.test(number) ? [Number(number)] : []
    })
  }

  #path = (name: string, number: number): string => `${this.#setup.folder}/${name}.${number}`

  #beat = (count: number): string => JSON.stringify({ holder: this.#setup.holder, beat: count })
}

function holderIn(text: string): string {
  const value = parsedJson(text)
  return (isRecord(value) ? textOf(value['holder']) : undefined) ?? ''
}
