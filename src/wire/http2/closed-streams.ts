// How the latest streams ended: what still comes for one that we have reset was on its way, what
// comes behind a stream's own end breaks the rules (RFC 9113 §5.1).

const latest = 128

export class ClosedStreams {
  /** By id: positive where it ended, negative where we reset it. */
  #ids: Int32Array | undefined

  note(id: number, how: 'ended' | 'reset'): void {
    this.#ids ??= new Int32Array(latest)
    this.#ids[placeOf(id)] = how === 'ended' ? id : -id
  }

  how(id: number): 'ended' | 'reset' | 'unknown' {
    const noted = this.#ids?.[placeOf(id)]
    if (noted === id) return 'ended'
    return noted === -id ? 'reset' : 'unknown'
  }
}

const placeOf = (id: number): number => (id >>> 1) % latest
