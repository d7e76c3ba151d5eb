// The Huffman code of HPACK (RFC 7541 §5.2, Appendix B). It is canonical: the lengths alone give the
// codes. Decoding goes by half bytes through a table of 4,096 steps (16 kB, so it stays in the cache).

/** Bits of each symbol's code; the last symbol, 256, is the end of string. */
const codeBits: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5,
  6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6,
  7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23,
  23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22,
  22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22,
  23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27,
  27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25,
  24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
]
const endOfString = 256

const codes = new Uint32Array(codeBits.length)
assignCodes()

function assignCodes(): void {
  let code = 0
  let bits = 0
  const inOrder = [...codeBits.keys()].toSorted((a, b) => codeBits[a]! - codeBits[b]! || a - b)
  for (const symbol of inOrder) {
    code <<= codeBits[symbol]! - bits
    bits = codeBits[symbol]!
    codes[symbol] = code++
  }
}

/** Of a step: a symbol is complete, the text may end here, no code begins so. */
const emits = 1 << 16
const mayEnd = 1 << 17
const fails = 1 << 18

/** By state and half byte: the next state in bits 8–15, the symbol below, what it means above. */
const steps = new Int32Array(256 * 16)
buildSteps()

function leaf(symbol: number): number {
  return -2 - symbol
}

/** Each inner node of the tree is a state; a leaf is a symbol and leads back to the root. */
function buildSteps(): void {
  const zero: number[] = [-1]
  const one: number[] = [-1]
  for (const [symbol, bits] of codeBits.entries()) {
    let node = 0
    for (let bit = bits - 1; bit >= 0; bit--) {
      const side = ((codes[symbol]! >>> bit) & 1) === 0 ? zero : one
      if (bit === 0) side[node] = leaf(symbol)
      else if (side[node] === -1) {
        one.push(-1)
        side[node] = zero.push(-1) - 1
      }
      node = Math.max(0, side[node]!)
    }
  }
  const mayEndAt = statesOfPadding(one)
  for (let state = 0; state < zero.length; state++) {
    for (let half = 0; half < 16; half++) {
      let node = state
      let step = 0
      for (let bit = 3; bit >= 0; bit--) {
        const next = ((half >> bit) & 1) === 0 ? zero[node]! : one[node]!
        node = Math.max(0, next)
        if (next === leaf(endOfString)) step |= fails
        else if (next < 0) step |= emits | (-2 - next)
      }
      if (mayEndAt.has(node)) step |= mayEnd
      steps[state * 16 + half] = step | (node << 8)
    }
  }
}

/** Padding is less than a byte of ones, the beginning of the end of string. */
function statesOfPadding(one: readonly number[]): Set<number> {
  const states = new Set([0])
  for (let node = one[0]!; states.size < 8; node = one[node]!) states.add(node)
  return states
}

/**
 * Decodes `from` up to `end` of `view` to `at` on in `into`, which has room for 8/5 of the length;
 * gives the position behind the text, -1 where the code is broken.
 */
export function huffmanDecode(
  view: Uint8Array,
  from: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  let out = at
  // The empty text ends well.
  let step = mayEnd
  for (let i = from; i < end; i++) {
    const byte = view[i]!
    step = steps[((step >> 4) & 0xff0) | (byte >> 4)]!
    if ((step & emits) !== 0) into[out++] = step
    let failed = step
    step = steps[((step >> 4) & 0xff0) | (byte & 15)]!
    if ((step & emits) !== 0) into[out++] = step
    failed |= step
    if ((failed & fails) !== 0) return -1
  }
  return (step & mayEnd) === 0 ? -1 : out
}

/** Latin1 text in the code, one character a byte; undefined where that is not shorter. */
export function huffmanEncode(text: string): string | undefined {
  let bits = 0
  for (let i = 0; i < text.length; i++) bits += codeBits[text.charCodeAt(i)]!
  if ((bits + 7) >> 3 >= text.length) return undefined
  let encoded = ''
  let held = 0
  let heldBits = 0
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i)
    // Bit by bit: only what is then kept is encoded, and no number overflows.
    for (let bit = codeBits[symbol]! - 1; bit >= 0; bit--) {
      held = (held << 1) | ((codes[symbol]! >>> bit) & 1)
      if (++heldBits < 8) continue
      encoded += String.fromCharCode(held)
      held = 0
      heldBits = 0
    }
  }
  const padding = 8 - heldBits
  if (heldBits > 0) encoded += String.fromCharCode((held << padding) | ((1 << padding) - 1))
  return encoded
}
