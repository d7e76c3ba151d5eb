// Handshakes wait in line. One costs as much as dozens of requests, so each turn of the event loop
// begins a single one: whoever has connected already is served in between, however many come. So
// many are under way at most; then who has been so for a while without an end makes room.

export interface Waiting {
  /** Whether it still wants to. */
  readonly isWaiting: boolean
  begin(): void
  /** To be called of those that have begun alone. */
  giveUp(): void
}

/** As long as an honest client, far away, may take with one packet lost. */
const patienceMs = 3_000

export class HandshakeLine {
  readonly #nowMs: () => number
  #waiting: Waiting[] = []
  /** Of those in `waiting`, so many have had their turn. */
  #passed = 0
  /** In the order in which they began, with when that was. */
  readonly #begun = new Map<Waiting, number>()
  #isDue = false
  #max = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get underWay(): number {
    return this.#begun.size
  }

  /** It is told to begin in its turn. `max`: how many may be under way. */
  join(one: Waiting, max: number): void {
    this.#waiting.push(one)
    this.#max = max
    this.look()
  }

  /** One that has begun has ended, in whatever way. */
  left(one: Waiting): void {
    if (this.#begun.delete(one)) this.look()
  }

  /** To be called now and then too, while any waits: time alone may make room. */
  look(): void {
    if (this.#isDue || this.#passed === this.#waiting.length) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      this.#beginOne()
    })
  }

  #beginOne(): void {
    const next = this.#next()
    if (next === undefined || !this.#hasRoom()) return
    this.#passed++
    this.#begun.set(next, this.#nowMs())
    next.begin()
    this.look()
  }

  /** Who went meanwhile is passed over. */
  #next(): Waiting | undefined {
    while (this.#waiting[this.#passed]?.isWaiting === false) this.#passed++
    if (this.#passed * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#passed)
      this.#passed = 0
    }
    return this.#waiting[this.#passed]
  }

  #hasRoom(): boolean {
    if (this.#begun.size < this.#max) return true
    const [oldest] = this.#begun
    if (oldest === undefined || this.#nowMs() - oldest[1] < patienceMs) return false
    oldest[0].giveUp()
    return this.#begun.size < this.#max
  }
}
