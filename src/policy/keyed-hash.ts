// HalfSipHash-1-3 with 64 bits of output over two 32-bit words: where a client's state lies in a
// table must be nothing that the client can choose, and simpler mixing has collisions under every
// key. (Aumasson, Bernstein: SipHash, a fast short-input PRF. Linux hashes its tables with it.)
import type { Random } from '../base.ts'

/** The hash that was computed last. One place for all: it is used at once. */
export const hashed = { low: 0, high: 0 }

/** A key, never zero, so that it is told from memory that has none yet. */
export function drawKey(random: Random): bigint {
  const word = () => BigInt(Math.floor(random() * 0x1_0000_0000))
  return (word() << 32n) | word() | 1n
}

// Of one length, so the word that tells inputs of several lengths apart is constant.
const lengthWord = 8 << 24
const state = new Int32Array(4)

/** Hashes two words into `hashed`. */
export function hashWords(keyLow: number, keyHigh: number, first: number, second: number): void {
  state[0] = keyLow
  state[1] = keyHigh ^ 0xee
  state[2] = keyLow ^ 0x6c796765
  state[3] = keyHigh ^ 0x74656462
  absorb(first)
  absorb(second)
  absorb(lengthWord)
  state[2]! ^= 0xee
  hashed.low = squeeze()
  state[1]! ^= 0xdd
  hashed.high = squeeze()
}

function absorb(word: number): void {
  state[3]! ^= word
  round()
  state[0]! ^= word
}

function squeeze(): number {
  for (let i = 0; i < 3; i++) round()
  return state[1]! ^ state[3]!
}

function round(): void {
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!]
  a = (a + b) | 0
  b = turned(b, 5) ^ a
  a = turned(a, 16)
  c = (c + d) | 0
  d = turned(d, 8) ^ c
  a = (a + d) | 0
  d = turned(d, 7) ^ a
  c = (c + b) | 0
  b = turned(b, 13) ^ c
  c = turned(c, 16)
  state[0] = a
  state[1] = b
  state[2] = c
  state[3] = d
}

const turned = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits))
