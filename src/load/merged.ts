// A document with changes laid over it, where every value still knows where it was written. The
// documents themselves are never touched: what changes is copied on the way down, and only what was
// copied remembers, member by member, what came from elsewhere.
//
//   contract:  {a: {b: 1, c: 2}, d: {…}}      merged:  {a: {b: 1, c: 9}, d: {…}}
//   overlay:   {a: {c: 9}}                              copied: / and /a; from the overlay: /a/c
import { type Place, pointerToken } from '../base.ts'

/** Where a value was written: a place for it and for everything in it. */
export interface Origin {
  readonly locate: (pointer: string) => Place
  readonly pointer: string
}

export type Key = string | number
type Container = unknown[] | Record<string, unknown>

/** Written elsewhere, or with its container under another key. */
type Moved = Origin | string

/** Two values that cannot become one. */
export interface Clash {
  readonly origin: Origin
  readonly message: string
}

export class Merged {
  #root: unknown
  readonly #origin: Origin
  /** Of each container that we copied: its members that were not written there. */
  readonly #moved = new Map<object, Map<string, Moved>>()

  constructor(root: unknown, locate: Origin['locate']) {
    this.#root = root
    this.#origin = { locate, pointer: '' }
  }

  get value(): unknown {
    return this.#root
  }

  /** Where the value at a JSON Pointer was written, or its nearest parent. */
  locate(pointer: string): Place {
    const tokens = pointer.split('/').slice(1)
    let value = this.#root
    let origin = this.#origin
    for (const [at, token] of tokens.entries()) {
      const copied = isContainer(value) ? this.#moved.get(value) : undefined
      if (copied === undefined) {
        const rest = tokens.slice(at).map((one) => `/${one}`)
        return origin.locate(origin.pointer + rest.join(''))
      }
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      if (!Object.hasOwn(value as Container, key)) break
      const moved = copied.get(key) ?? key
      origin = typeof moved === 'string' ? inside(origin, moved) : moved
      value = (value as Record<string, unknown>)[key]
    }
    return origin.locate(origin.pointer)
  }

  /**
   * Merges a value into what stands at a path: into an object, behind the items of a list, in place
   * of anything else. Where two values clash the first is said, and what was merged before stays.
   */
  merge(path: readonly Key[], incoming: unknown, origin: Origin): Clash | undefined {
    const key = path.at(-1)
    if (key === undefined) return this.#mergeAll(this.#owned([]), incoming, origin)
    const holder = this.#owned(path.slice(0, -1))
    const before = memberOf(holder, key)
    if (!Array.isArray(before) || Array.isArray(incoming)) {
      return this.#mergeMember(holder, String(key), incoming, origin)
    }
    this.#append(this.#ownedMember(holder, String(key), before) as unknown[], incoming, origin)
    return undefined
  }

  /** Takes nodes out of what holds them, each by its path; not the root. */
  remove(paths: readonly (readonly Key[])[]): void {
    const groups = new Map<string, { path: readonly Key[]; keys: Set<string> }>()
    for (const path of paths) {
      const holder = path.slice(0, -1)
      const name = holder.map((key) => `/${pointerToken(key)}`).join('')
      const group = groups.get(name) ?? { path: holder, keys: new Set() }
      groups.set(name, group)
      group.keys.add(String(path.at(-1)))
    }
    // The deepest first: what is taken out of a list moves what stands behind it.
    const deepestFirst = [...groups.values()].toSorted((a, b) => b.path.length - a.path.length)
    for (const { path, keys } of deepestFirst) this.#drop(this.#owned(path), keys)
  }

  /** A value of ours, to be put somewhere else too: later changes here do not reach it. */
  detached(value: unknown): unknown {
    if (!isContainer(value) || !this.#moved.has(value)) return value
    if (Array.isArray(value)) return value.map((item) => this.detached(item))
    const copy: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(value)) setMember(copy, key, this.detached(member))
    return copy
  }

  /** The container at a path and those on the way, as copies of ours. */
  #owned(path: readonly Key[]): Container {
    let here = this.#own(this.#root as Container)
    this.#root = here
    for (const key of path) {
      here = this.#ownedMember(here, String(key), memberOf(here, key) as Container)
    }
    return here
  }

  #ownedMember(holder: Container, key: string, member: Container): Container {
    const owned = this.#own(member)
    setMember(holder, key, owned)
    return owned
  }

  #own(container: Container): Container {
    if (this.#moved.has(container)) return container
    const copy = Array.isArray(container) ? [...container] : { ...container }
    this.#moved.set(copy, new Map())
    return copy
  }

  #mergeAll(target: Container, incoming: unknown, origin: Origin): Clash | undefined {
    const [had, has] = [kindOf(target), kindOf(incoming)]
    if (had !== has) return { origin, message: clashText(had, has) }
    if (Array.isArray(target)) {
      for (const [at, item] of (incoming as unknown[]).entries()) {
        this.#append(target, item, inside(origin, String(at)))
      }
      return undefined
    }
    for (const [key, value] of Object.entries(incoming as object)) {
      const clash = this.#mergeMember(target, key, value, inside(origin, key))
      if (clash !== undefined) return clash
    }
    return undefined
  }

  #mergeMember(
    holder: Container,
    key: string,
    incoming: unknown,
    origin: Origin,
  ): Clash | undefined {
    const before = Object.hasOwn(holder, key) ? { is: memberOf(holder, key) } : undefined
    if (isContainer(before?.is)) {
      return this.#mergeAll(this.#ownedMember(holder, key, before.is), incoming, origin)
    }
    if (before !== undefined && isContainer(incoming)) {
      return { origin, message: clashText(kindOf(before.is), kindOf(incoming)) }
    }
    setMember(holder, key, incoming)
    this.#moved.get(holder)!.set(key, origin)
    return undefined
  }

  #append(list: unknown[], item: unknown, origin: Origin): void {
    this.#moved.get(list)!.set(String(list.length), origin)
    list.push(item)
  }

  #drop(holder: Container, keys: ReadonlySet<string>): void {
    if (Array.isArray(holder)) return this.#dropItems(holder, keys)
    const moved = this.#moved.get(holder)!
    for (const key of keys) {
      delete holder[key]
      moved.delete(key)
    }
  }

  #dropItems(list: unknown[], keys: ReadonlySet<string>): void {
    const before = this.#moved.get(list)!
    const moved = new Map<string, Moved>()
    const left = [...list.keys()].map(String).filter((at) => !keys.has(at))
    for (const [at, was] of left.entries()) moved.set(String(at), before.get(was) ?? was)
    const items = left.map((was) => list[Number(was)])
    list.length = 0
    for (const item of items) list.push(item)
    this.#moved.set(list, moved)
  }
}

const inside = ({ locate, pointer }: Origin, key: string): Origin => ({
  locate,
  pointer: `${pointer}/${pointerToken(key)}`,
})

export const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null

const memberOf = (holder: Container, key: Key): unknown => (holder as Record<Key, unknown>)[key]

/** Never through a setter: `__proto__` is a key like any other. */
function setMember(holder: Container, key: string, value: unknown): void {
  const how = { value, writable: true, enumerable: true, configurable: true }
  if (key === '__proto__') Object.defineProperty(holder, key, how)
  else (holder as Record<string, unknown>)[key] = value
}

export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return isContainer(value) ? 'an object' : 'a single value'
}

const clashText = (had: string, has: string): string =>
  `${has} cannot be merged with ${had}, which the contract has there`
