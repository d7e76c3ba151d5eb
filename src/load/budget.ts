// How much work overlays may make: their queries and changes are programs from outside, and a
// hostile one must end in a sentence, not in a hang. Counted in steps, so that the verdict is the
// same on every machine.

export const overlayBounds = {
  /** Nodes looked at and values moved, by all overlays together: some seconds. */
  stepsMax: 50_000_000,
  /** Nodes that a query may select, or hold on its way. */
  nodesMax: 1_000_000,
  /** Values that all overlays together may add. */
  addedMax: 5_000_000,
  filesMax: 100,
  actionsMax: 10_000,
} as const

/** Thrown where a bound is met; its message ends a sentence. */
export class Exhausted extends Error {}

export class Budget {
  #stepsLeft: number
  #addedLeft: number = overlayBounds.addedMax

  constructor(stepsMax: number = overlayBounds.stepsMax) {
    this.#stepsLeft = stepsMax
  }

  /** Whether a bound was met: what comes after it would only meet it again. */
  get isSpent(): boolean {
    return this.#stepsLeft < 0 || this.#addedLeft < 0
  }

  spend(steps: number): void {
    this.#stepsLeft -= steps
    if (this.#stepsLeft < 0) throw new Exhausted('the overlays ask for too much work')
  }

  add(values: number): void {
    this.spend(values)
    this.#addedLeft -= values
    if (this.#addedLeft < 0) {
      throw new Exhausted(`the overlays add more than ${overlayBounds.addedMax} values`)
    }
  }
}
