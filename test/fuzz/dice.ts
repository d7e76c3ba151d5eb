// Choices from a seeded source: the same seed makes the same case on every machine.
import { type Random, seededRandom } from '../../src/base.ts'

export class Dice {
  readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.random() * (max - min + 1))
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!
  }

  /** Some latin1 characters. */
  text(length: number, alphabet: string): string {
    let text = ''
    for (let i = 0; i < length; i++) text += alphabet[Math.floor(this.random() * alphabet.length)]
    return text
  }
}

/** The dice of one case of a run: cases can be thrown again one by one. */
export function diceOf(seed: number, index: number): Dice {
  return new Dice(seededRandom(Math.imul(seed, 0x85ebca6b) ^ Math.imul(index + 1, 0x9e3779b1)))
}
