// Lines that come again and again, with what was made of them. Not a Map: to look a text up there,
// V8 first makes it one of the texts that exist once in the process, which costs a third of a
// microsecond for each line that is new, and a line with an id in it always is. Here a few characters
// say where a line would be, and the rest is compared in place.

const slots = 1_024
/** A line may be in the one place or in the other. */
const otherSlot = 1

export interface Known {
  readonly line: string
}

export class KnownLines<K extends Known> {
  readonly #lines: (K | undefined)[] = Array.from({ length: slots })

  /** The line that stands in a text from `at` to `end`. */
  find(text: string, at: number, end: number): K | undefined {
    const slot = slotOf(text, at, end)
    const line = text.slice(at, end)
    const first = this.#lines[slot]
    if (first?.line === line) return first
    const second = this.#lines[slot ^ otherSlot]
    return second?.line === line ? second : undefined
  }

  /** Takes the place of one that was there, where both are taken. */
  keep(known: K): void {
    const slot = slotOf(known.line, 0, known.line.length)
    const isTaken = this.#lines[slot] !== undefined
    this.#lines[isTaken ? slot ^ otherSlot : slot] = known
  }
}

/** Names differ where they begin and in their length, values where they end. */
function slotOf(text: string, at: number, end: number): number {
  let mix = end - at
  mix = Math.imul(mix, 31) + text.charCodeAt(at)
  mix = Math.imul(mix, 31) + text.charCodeAt(at + ((end - at) >> 1))
  mix = Math.imul(mix, 31) + text.charCodeAt(end - 2)
  mix = Math.imul(mix, 31) + text.charCodeAt(end - 1)
  return (mix ^ (mix >>> 10)) & (slots - 1)
}
