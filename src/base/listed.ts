// Lists whose members are made when they are asked for: of a hundred thousand operations most
// never are.

/** What is asked for by its place. An array is one; so are bytes that are read when asked. */
export interface Listed<T> {
  readonly length: number
  /** The same each time, or one that is equal; undefined beyond the end. */
  at(index: number): T | undefined
}

/** Makes what belongs to a number once, and keeps it. */
export function keeping<T>(make: (index: number) => T): (index: number) => T {
  const kept = new Map<number, T>()
  return (index) => {
    const there = kept.get(index)
    if (there !== undefined) return there
    const made = make(index)
    kept.set(index, made)
    return made
  }
}

/** Each member in turn, none kept. */
export function* eachOf<T>(list: Listed<T>): Generator<T, void, undefined> {
  for (let index = 0; index < list.length; index++) yield list.at(index)!
}
