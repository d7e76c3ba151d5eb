// One seed for all, and from it one for each thing that is made: the same question is answered the
// same way, in whatever order questions come.

/** FNV-1a over the parts: spreads well enough for examples, and is the same everywhere. */
export function seedOf(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (const character of parts.join('\u0000')) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0
  }
  return hash
}
