// Where one item of a streamed body ends and the next begins: JSON Lines, JSON text sequences
// (RFC 7464) and server-sent events. What belongs to an item is given piece by piece, so that its
// reader decides how much it holds.
export interface ItemEvents {
  /** More bytes of the item, valid during the call; false ends the reading. */
  bytes(bytes: Uint8Array): boolean
  /** The item is whole; false ends the reading. */
  whole(): boolean
}

export interface Framing {
  /** False where the reading has ended, by a flaw of the framing or by who reads the items. */
  piece(bytes: Uint8Array, events: ItemEvents): boolean
  end(events: ItemEvents): boolean
  readonly isFlawed: boolean
}

const lf = 0x0a
const cr = 0x0d
const rs = 0x1e

/** One JSON text a line. What stands behind the last line break is an item, too. */
export class LineFraming implements Framing {
  readonly isFlawed = false
  #pending = false

  piece(bytes: Uint8Array, events: ItemEvents): boolean {
    let from = 0
    for (let at = bytes.indexOf(lf); at >= 0; at = bytes.indexOf(lf, from)) {
      const isEmpty = at === from && !this.#pending
      if (!isEmpty && (!events.bytes(bytes.subarray(from, at)) || !events.whole())) return false
      this.#pending = false
      from = at + 1
    }
    this.#pending ||= from < bytes.length
    return from === bytes.length || events.bytes(bytes.subarray(from))
  }

  end(events: ItemEvents): boolean {
    return !this.#pending || events.whole()
  }
}

/**
 * RS, a JSON text, LF. Only the next RS, or the end, tells that an item is whole: its text may hold
 * line breaks. Without its LF it was cut off (section 2.4).
 */
export class SequenceFraming implements Framing {
  isFlawed = false
  #state: 'start' | 'empty' | 'item' = 'start'
  #last = 0

  piece(bytes: Uint8Array, events: ItemEvents): boolean {
    for (let from = 0; from < bytes.length;) {
      const found = bytes.indexOf(rs, from)
      const end = found < 0 ? bytes.length : found
      if (end > from && !this.#add(bytes.subarray(from, end), events)) return false
      if (found >= 0 && !this.#next(events)) return false
      from = end + 1
    }
    return true
  }

  end(events: ItemEvents): boolean {
    return this.#next(events)
  }

  #add(bytes: Uint8Array, events: ItemEvents): boolean {
    if (this.#state === 'start') return this.#flaw()
    this.#state = 'item'
    this.#last = bytes.at(-1)!
    return events.bytes(bytes)
  }

  /** Several RS in a row count as one. */
  #next(events: ItemEvents): boolean {
    const wasItem = this.#state === 'item'
    this.#state = 'empty'
    if (!wasItem) return true
    return this.#last === lf ? events.whole() : this.#flaw()
  }

  #flaw(): false {
    this.isFlawed = true
    return false
  }
}

/** An event ends with an empty line; lines end with CRLF, LF or CR (HTML, section 9.2.5). */
export class EventFraming implements Framing {
  readonly isFlawed = false
  /** Bytes of the line that is being read. */
  #lineBytes = 0
  #afterCr = false

  piece(bytes: Uint8Array, events: ItemEvents): boolean {
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!
      const isSecond = byte === lf && this.#afterCr
      this.#afterCr = byte === cr
      if (isSecond) {
        // The line break before it is told as LF alone.
        if (from === at) from = at + 1
        continue
      }
      if (byte !== lf && byte !== cr) {
        this.#lineBytes++
        continue
      }
      const isEmpty = this.#lineBytes === 0
      this.#lineBytes = 0
      if (!isEmpty) continue
      if (!events.bytes(bytes.subarray(from, at)) || !events.whole()) return false
      from = at + 1
    }
    return from >= bytes.length || events.bytes(bytes.subarray(from))
  }

  /** An event that does not end is none. */
  end(): boolean {
    return true
  }
}
