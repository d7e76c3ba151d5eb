// A disk in memory that can refuse, and at which a process can die: before a change or behind it.
import type { Disk } from './disk.ts'

export class Died extends Error {}

export class MemoryDisk implements Disk {
  readonly files = new Map<string, string>()
  /** Asked at each step: what it throws becomes of the step. */
  step: (what: string) => void = () => {}

  async read(path: string): Promise<string | undefined> {
    await this.#at(`read ${path}`)
    return this.files.get(path)
  }

  async write(path: string, text: string): Promise<void> {
    await this.#at(`write ${path}`)
    this.files.set(path, text)
    await this.#at(`wrote ${path}`)
  }

  async create(path: string, text: string): Promise<boolean> {
    await this.#at(`create ${path}`)
    if (this.files.has(path)) return false
    this.files.set(path, text)
    await this.#at(`created ${path}`)
    return true
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#at(`rename ${from}`)
    const text = this.files.get(from)
    if (text === undefined) throw Object.assign(new Error('none there'), { code: 'ENOENT' })
    this.files.delete(from)
    this.files.set(to, text)
  }

  async remove(path: string): Promise<void> {
    await this.#at(`remove ${path}`)
    this.files.delete(path)
    await this.#at(`removed ${path}`)
  }

  async list(folder: string): Promise<string[]> {
    await this.#at(`list ${folder}`)
    const inside = `${folder}/`
    return [...this.files.keys()]
      .filter((path) => path.startsWith(inside) && !path.slice(inside.length).includes('/'))
      .map((path) => path.slice(inside.length))
  }

  /** The same files as another process sees them, with steps of its own. */
  view(step: (what: string) => void): Disk {
    const view = new MemoryDisk(this.files)
    view.step = step
    return view
  }

  constructor(files: Map<string, string> = new Map()) {
    this.files = files
  }

  async #at(what: string): Promise<void> {
    await Promise.resolve()
    this.step(what)
  }
}
