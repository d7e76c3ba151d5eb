// Lists whose members are made when they are asked for: of a hundred thousand operations most
// never are.

/** What is asked for by its place. An array is one; so are bytes that are read when asked. */
export interface Listed<T> {
  readonly length: number
  /** The same each time, or one that is equal; undefined beyond the end. */
  at(index: number): T | undefined
}

/**
 * Makes what belongs to a number, or to an object, once and keeps it. At the bound all is let go:
 * what is still asked for is made again.
 */
export function keeping<T, Key = number>(make: (key: Key) => T, keptMax = 10_000): (key: Key) => T {
  const kept = new Map<Key, T>()
  return (key) => {
    const there = kept.get(key)
    if (there !== undefined) return there
    if (kept.size >= keptMax) kept.clear()
    const made = make(key)
    kept.set(key, made)
    return made
  }
}

/** Each member in turn, none kept. */
export function* eachOf<T>(list: Listed<T>): Generator<T, void, undefined> {
  for (let index = 0; index < list.length; index++) yield list.at(index)!
}
