// Makes a value that a schema accepts: what its author gave as an example first, else one made up
// from the rules. It guesses, checks, and guesses again with the next choice: `not`, `oneOf` and
// conditions are judged by the check alone, which is the very one that the gateway uses.
//
// The same seed gives the same value. Work is bounded: values by depth, all guesses by steps.
import { type Random, seededRandom } from '../base.ts'
import { type Rules, typeBits } from '../schema.ts'
import { type Conjunction, conjunctionOf } from './conjunction.ts'
import { sampleNumber } from './numbers.ts'
import { propertiesOf, type PropertyRules } from './properties.ts'
import type { Schemas } from './schemas.ts'
import { sampleText } from './texts.ts'
import { letters, word } from './words.ts'

export type Sampled = { readonly value: unknown } | { readonly problem: string }

export interface SampleOptions {
  readonly seed: number
  /** Whether examples of the schemas count; without them all is made up. */
  readonly examples: boolean
  /** Of the property that it is for. */
  readonly name?: string | undefined
}

/** A value of the schema with that number. */
export function sample(schemas: Schemas, number: number, options: SampleOptions): Sampled {
  const maker = new Maker(schemas, options)
  try {
    const made = maker.value([number], options.name ?? '', 0)
    if (made !== undefined) return { value: made.value }
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    return { problem: `no value was found in ${stepsMax} steps` }
  }
  return { problem: maker.problem ?? 'its rules leave no value, or none that is easily found' }
}

/** Values and guesses for one reply. */
const stepsMax = 20_000

/** Beyond it nothing is added that need not be there. */
const optionalDepthMax = 4
const depthMax = 24

/** Values so far after which only what has to be there is added. */
const optionalStepsMax = 3_000

const attemptsMax = 12

class TooMuch extends Error {}

type Made = { readonly value: unknown } | undefined

type TypeName = keyof typeof typeBits

/** In order of preference. */
const typeNames: readonly TypeName[] = [
  ...(['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'] as const),
]

class Maker {
  /** Of the last guess that was refused at the top: what is wrong with it. */
  problem: string | undefined
  readonly #schemas: Schemas
  readonly #random: Random
  readonly #examples: boolean
  #steps = 0

  constructor(schemas: Schemas, { seed, examples }: SampleOptions) {
    this.#schemas = schemas
    this.#random = seededRandom(seed)
    this.#examples = examples
  }

  /** One that all of these schemas accept; undefined where none was found. */
  value(numbers: readonly number[], name: string, depth: number): Made {
    if (depth > depthMax) return undefined
    const attempts = depth > optionalDepthMax ? attemptsMax / 2 : attemptsMax
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (++this.#steps > stepsMax) throw new TooMuch()
      const rules = this.#conjunction(numbers, attempt, depth)
      if (attempt === 0 && this.#examples) {
        const hinted = rules.hints.find((one) => this.#accepts(numbers, one))
        if (hinted !== undefined) return { value: hinted }
      }
      if (rules.isNever && !rules.isOneOfSeveral) return undefined
      const made = rules.isNever ? undefined : this.#guess(rules, name, depth, attempt)
      if (made !== undefined && this.#accepts(numbers, made.value)) return made
      if (depth === 0 && made !== undefined) this.#explain(numbers, made.value)
    }
    return undefined
  }

  #accepts(numbers: readonly number[], value: unknown): boolean {
    return numbers.every((number) => this.#schemas.check(number).valid(value))
  }

  #explain(numbers: readonly number[], value: unknown): void {
    const [first] = numbers.flatMap((number) => this.#schemas.check(number).errors(value, 1))
    if (first !== undefined) this.problem = `${first.pointer || 'the value'}: ${first.message}`
  }

  /** The first attempts go through the alternatives in order, later ones anyhow. */
  #conjunction(numbers: readonly number[], attempt: number, depth: number): Conjunction {
    return conjunctionOf(this.#schemas, numbers, (several) => {
      if (attempt >= several.length) return Math.floor(this.#random() * several.length)
      return this.#ranked(several, depth)[attempt]!
    })
  }

  /** Alternatives by how well they read: `null` last, and deep down what holds nothing first. */
  #ranked(several: readonly number[], depth: number): number[] {
    const ranks = several.map((number) => this.#rank(number, depth))
    return several.map((_, index) => index).toSorted((a, b) => ranks[a]! - ranks[b]!)
  }

  #rank(number: number, depth: number): number {
    let node = this.#schemas.node(number)
    while (typeof node === 'number') node = this.#schemas.node(node)
    if (node === false) return 4
    const isNull = typeof node === 'object' && node.types === typeBits.null
    if (depth > optionalDepthMax) {
      return isNull ? 0 : typeof node === 'object' && (node.required || node.all) ? 2 : 1
    }
    return isNull ? 3 : 1
  }

  #guess(conjunction: Conjunction, name: string, depth: number, attempt: number): Made {
    const fixed = this.#fixed(conjunction.rules, attempt)
    if (fixed !== undefined) return fixed
    const type = this.#type(conjunction.rules, depth, attempt)
    if (type === undefined) return undefined
    return this.#ofType(type, conjunction, name, depth, attempt)
  }

  /** From `const` and `enum`; the check tells which of them the other rules accept. */
  #fixed(rules: readonly Rules[], attempt: number): Made {
    const constant = rules.find((one) => one.const !== undefined)
    if (constant !== undefined) return { value: constant.const }
    const lists = rules.map((one) => one.enum).filter((one) => one !== undefined)
    const shortest = lists.toSorted((a, b) => a.length - b.length)[0]
    if (shortest === undefined || shortest.length === 0) return undefined
    const at = attempt === 0 ? Math.floor(this.#random() * shortest.length) : attempt - 1
    return { value: shortest[at % shortest.length] }
  }

  #type(rules: readonly Rules[], depth: number, attempt: number): TypeName | undefined {
    const allowed = allowedTypes(rules)
    const names = typeNames.filter((one) => (allowed & typeBits[one]) !== 0)
    if (names.length === 0) return undefined
    if (allowed === everyType) return guessedType(rules)
    if (depth > optionalDepthMax && names.includes('null')) return 'null'
    const plain = names.filter((one) => one !== 'null')
    const wanted = plain.length === 0 ? names : plain
    const meant = wanted.includes(guessedType(rules)) ? guessedType(rules) : wanted[0]!
    return attempt === 0 ? meant : names[attempt % names.length]
  }

  #ofType(
    type: TypeName,
    conjunction: Conjunction,
    name: string,
    depth: number,
    attempt: number,
  ): Made {
    const { rules } = conjunction
    const random = this.#random
    switch (type) {
      case 'null':
        return { value: null }
      case 'boolean':
        return { value: random() < 0.5 }
      case 'string':
        return made(sampleText(rules, { name, random, attempt }))
      case 'integer':
      case 'number':
        return made(sampleNumber(rules, type === 'integer', random))
      case 'array':
        return this.#array(rules, name, depth, attempt)
      case 'object':
        return this.#object(conjunction, depth, attempt)
    }
  }

  #array(rules: readonly Rules[], name: string, depth: number, attempt: number): Made {
    const { least, most } = countsOf(rules, 'itemsMin', 'itemsMax')
    const prefix = Math.max(0, ...rules.map((one) => one.prefix?.length ?? 0))
    const contained = rules.flatMap((one) =>
      one.contains === undefined ? [] : Array(one.containsMin ?? 1).fill(one.contains),
    ) as number[]
    const usual = this.#isSparse(depth) ? 0 : 1 + (attempt % 2)
    const count = Math.min(Math.max(least, prefix, contained.length, usual), most, itemsMax)
    if (count < least) return undefined
    const unique = rules.some((one) => one.unique)
    const items: unknown[] = []
    for (let at = 0; at < count; at++) {
      const numbers = itemNumbers(rules, at)
      const wanted = contained[at - prefix]
      const all = wanted === undefined ? numbers : [...numbers, wanted]
      const item = this.#item(all, name, depth + 1, unique ? items : [])
      if (item === undefined) return at >= least ? { value: items } : undefined
      items.push(item.value)
    }
    return { value: items }
  }

  /** An item that is not there yet; where it has to be new the example serves only once. */
  #item(numbers: number[], name: string, depth: number, known: readonly unknown[]): Made {
    const seen = new Set(known.map((one) => JSON.stringify(one)))
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const item =
        attempt === 0
          ? this.value(numbers, name, depth)
          : this.#madeUp(numbers, name, depth, attempt)
      if (item === undefined || !seen.has(JSON.stringify(item.value))) return item
    }
    return undefined
  }

  #madeUp(numbers: readonly number[], name: string, depth: number, attempt: number): Made {
    if (++this.#steps > stepsMax) throw new TooMuch()
    const guess = this.#guess(this.#conjunction(numbers, attempt, depth), name, depth, attempt)
    return guess !== undefined && this.#accepts(numbers, guess.value) ? guess : undefined
  }

  #object({ rules, tags }: Conjunction, depth: number, attempt: number): Made {
    const { least, most } = countsOf(rules, 'propertiesMin', 'propertiesMax')
    const properties = propertiesOf(rules)
    const found = new Map<string, unknown>()
    for (const name of properties.required) {
      const property = this.#property(properties, name, tags.get(name), depth)
      if (property === undefined) return undefined
      found.set(name, property.value)
    }
    const room = () => found.size < most
    // The last attempts do with less: what is optional may be what is in the way.
    const isFull = !this.#isSparse(depth) && attempt < attemptsMax - 2
    for (const name of properties.optional) {
      const isWanted = isFull || found.size < least || tags.has(name)
      if (!isWanted || !room() || this.#isWriteOnly(properties.numbers(name))) continue
      const property = this.#property(properties, name, tags.get(name), depth)
      if (property !== undefined) found.set(name, property.value)
    }
    this.#addOthers(
      properties,
      found,
      isFull && properties.isMap ? Math.max(least, 1) : least,
      depth,
    )
    if (found.size < least || found.size > most) return undefined
    return { value: Object.fromEntries(found) }
  }

  #property(properties: PropertyRules, name: string, tag: unknown, depth: number): Made {
    const numbers = properties.numbers(name)
    if (tag !== undefined && this.#accepts(numbers, tag)) return { value: tag }
    return this.value(numbers, name, depth + 1)
  }

  /** Properties with names of our own, where there have to be some. */
  #addOthers(
    properties: PropertyRules,
    found: Map<string, unknown>,
    wanted: number,
    depth: number,
  ): void {
    for (let attempt = 0; found.size < wanted && attempt < wanted + attemptsMax; attempt++) {
      const name = this.#name(properties, attempt)
      if (name === undefined || found.has(name)) continue
      const property = this.#property(properties, name, undefined, depth)
      if (property !== undefined) found.set(name, property.value)
    }
  }

  #name(properties: PropertyRules, attempt: number): string | undefined {
    const random = this.#random
    const { pattern, names } = properties
    if (names.length > 0) {
      const made = this.value(names, '', depthMax - 1)
      return typeof made?.value === 'string' ? made.value : undefined
    }
    if (pattern === undefined) return attempt < 8 ? word(random) : letters(8, random)
    return sampleText([{ pattern }], { name: '', random, attempt })
  }

  #isSparse(depth: number): boolean {
    return depth > optionalDepthMax || this.#steps > optionalStepsMax
  }

  #isWriteOnly(numbers: readonly number[]): boolean {
    return numbers.some((number) => this.#schemas.raw(number)?.['writeOnly'] === true)
  }
}

/** More items than this nobody reads. */
const itemsMax = 1_000

const made = (value: unknown): Made => (value === undefined ? undefined : { value })

const everyType = Object.values(typeBits).reduce((all: number, bit) => all | bit, 0)

/** Bits of the types that all rules accept; a number may be an integer. */
function allowedTypes(rules: readonly Rules[]): number {
  let allowed = everyType
  for (const { types } of rules) {
    if (types === undefined) continue
    allowed &= (types & typeBits.number) === 0 ? types : types | typeBits.integer
  }
  return allowed
}

const typeSigns: readonly [TypeName, readonly (keyof Rules)[]][] = [
  ['object', ['properties', 'required', 'others', 'patterns', 'propertiesMin', 'names']],
  ['array', ['items', 'prefix', 'contains', 'itemsMin', 'itemsMax', 'unique']],
  ['number', ['min', 'max', 'above', 'below', 'step']],
]

/** What rules without a type speak of; text where they speak of nothing. */
function guessedType(rules: readonly Rules[]): TypeName {
  const speaks = (signs: readonly (keyof Rules)[]) =>
    rules.some((one) => signs.some((sign) => one[sign] !== undefined))
  return typeSigns.find(([, signs]) => speaks(signs))?.[0] ?? 'string'
}

function countsOf(
  rules: readonly Rules[],
  min: 'itemsMin' | 'propertiesMin',
  max: 'itemsMax' | 'propertiesMax',
): { least: number; most: number } {
  const least = Math.max(0, ...rules.map((one) => one[min] ?? 0))
  return { least, most: Math.min(Infinity, ...rules.map((one) => one[max] ?? Infinity)) }
}

function itemNumbers(rules: readonly Rules[], at: number): number[] {
  const numbers = rules.map((one) => one.prefix?.[at] ?? one.items)
  return numbers.filter((one) => one !== undefined)
}
