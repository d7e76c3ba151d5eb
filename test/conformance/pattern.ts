// Texts that match a regular expression: literals, classes, groups, alternatives, quantifiers and
// anchors. Which characters an atom may be is asked of the engine itself, one candidate at a time.
import type { Random } from '../../src/base.ts'

type Sampler = (random: Random, spread: number) => string

// Plain characters first: what a person would type is the typical value.
const plain = [...'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const candidates = [...plain, ...' -_.,:;/@#+*=!?$%&()[]{}<>|~^`\'"\\\t\n', 'é', 'ß', '中', '😀']

/** A text that the pattern matches, of `lengthMin` to `lengthMax` characters. */
export function sampleMatching(
  pattern: string,
  random: Random,
  lengthMin = 0,
  lengthMax = Infinity,
): string {
  const sampler = new PatternReader(pattern).read()
  const matcher = new RegExp(pattern, 'u')
  for (let attempt = 0; attempt < 5_000; attempt++) {
    const text = sampler(random, attempt % 4 === 0 ? 2 : 2 ** (attempt % 9))
    const length = [...text].length
    if (length >= lengthMin && length <= lengthMax && matcher.test(text)) return text
  }
  throw new Error(`found no text of ${lengthMin} to ${lengthMax} characters for ${pattern}`)
}

class PatternReader {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  read(): Sampler {
    const sampler = this.#alternatives()
    if (this.#at < this.#pattern.length) throw new Error(`cannot read ${this.#pattern}`)
    return sampler
  }

  #alternatives(): Sampler {
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    return (random, spread) => pick(options, random)(random, spread)
  }

  #sequence(): Sampler {
    const parts: Sampler[] = []
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at]!)) {
      parts.push(this.#quantified())
    }
    return (random, spread) => parts.map((part) => part(random, spread)).join('')
  }

  #quantified(): Sampler {
    const atom = this.#atom()
    const [min, max] = this.#quantifier()
    return (random, spread) => {
      const times = min + Math.floor(random() * (Math.min(max - min, spread) + 1))
      return Array.from({ length: times }, () => atom(random, spread)).join('')
    }
  }

  #quantifier(): [number, number] {
    const found = this.#match(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y)
    if (found === undefined) return [1, 1]
    if (found[0].startsWith('*')) return [0, Infinity]
    if (found[0].startsWith('+')) return [1, Infinity]
    if (found[0].startsWith('?')) return [0, 1]
    const min = Number(found[1])
    if (found[2] === '') return [min, min]
    return [min, found[3] === '' ? Infinity : Number(found[3])]
  }

  #atom(): Sampler {
    if (this.#match(/\^|\$|\\b/y)) return () => ''
    if (this.#match(/\((?:\?:|\?<\w+>)?(?!\?)/y)) {
      const inner = this.#alternatives()
      if (!this.#take(')')) throw new Error(`cannot read ${this.#pattern}`)
      return inner
    }
    const source = this.#match(
      /\[(?:\\.|[^\]\\])*\]|\\u\{[0-9a-fA-F]+\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\p\{[^}]+\}|\\[^1-9pPuxk]|[^()[\]\\]/uy,
    )?.[0]
    if (source === undefined) throw new Error(`cannot read ${this.#pattern} from ${this.#at} on`)
    const matcher = new RegExp(`^${source}$`, 'su')
    const options = candidates.filter((one) => matcher.test(one))
    if (options.length === 0) options.push(...everyCharacter().filter((one) => matcher.test(one)))
    return (random) => pick(options, random)
  }

  #take(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #match(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#pattern) ?? undefined
    if (found) this.#at += found[0].length
    return found
  }
}

function everyCharacter(): string[] {
  return Array.from({ length: 0xd800 }, (_, code) => String.fromCharCode(code))
}

export function pick<T>(options: readonly T[], random: Random): T {
  const chosen = options[Math.floor(random() * options.length)]
  if (chosen === undefined) throw new Error('nothing to pick from')
  return chosen
}
