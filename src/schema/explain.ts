// Says what is wrong with a value: a second pass, only after a check has failed, that reads the
// plan rule by rule and stops at the bound on errors. It never repeats a value, only names.
import { pointerToken } from '../base.ts'
import { brokenBound, TooDeep } from './bounds.ts'
import { isPlainObject, typeBitsOf } from './by-type.ts'
import { duplicateIndex, isAmong, isAmongOnce } from './equal.ts'
import { covered, everyLeftOver } from './evaluated.ts'
import { formatWords, numberFormat, textFormat } from './format.ts'
import { schemaIssues, type SchemaIssue } from './issues.ts'
import { multipleTest } from './numbers.ts'
import { keptBack } from './objects.ts'
import { type Rules, typeBits } from './plan.ts'
import { codePoints } from './strings.ts'
import type { SchemaError } from './types.ts'
import { chosenBranch } from './union.ts'
import type { Linked } from './verdict.ts'

/** A place in the value, from the inside out; text only when there is something to say. */
interface Path {
  readonly outer: Path | undefined
  readonly token: string | number
  readonly depth: number
}

const depthMax = 1_000

/** A property's name may be as long as the body: a message need not. */
const tokenCharsMax = 200

export function explain(linked: Linked, id: number, value: unknown, max: number): SchemaError[] {
  const explainer = new Explainer(linked, max)
  try {
    explainer.node(id, value, undefined)
  } catch (error) {
    const issue = brokenBound(error)
    if (issue === undefined) throw error
    explainer.say(undefined, issue, schemaIssues[issue])
  }
  return explainer.errors
}

class Explainer {
  readonly errors: SchemaError[] = []
  readonly #linked: Linked
  readonly #max: number

  constructor(linked: Linked, max: number) {
    this.#linked = linked
    this.#max = max
  }

  say(path: Path | undefined, issue: SchemaIssue, message: string): void {
    if (this.errors.length < this.#max)
      this.errors.push({ pointer: pointerTo(path), issue, message })
  }

  get #full(): boolean {
    return this.errors.length >= this.#max
  }

  node(id: number, value: unknown, path: Path | undefined): void {
    if (this.#full) return
    if (path !== undefined && path.depth > depthMax) throw new TooDeep()
    const node = this.#linked.node(id)
    // A right scalar is told by its check, which is made once; explaining makes tests anew.
    if (!isContainer(value) && this.#linked.verdict(id)(value)) return
    if (typeof node === 'number') this.node(node, value, path)
    else if (node === false) this.say(path, 'forbidden', 'must not be there')
    else if (typeof node === 'object') this.#rules(node, value, path)
  }

  #rules(rules: Rules, value: unknown, path: Path | undefined): void {
    const before = this.errors.length
    const { types } = rules
    if (types !== undefined && (types & typeBitsOf(value)) === 0) {
      return this.say(path, 'invalid_type', `must be ${typeNames(types)}`)
    }
    if (rules.const !== undefined && !isAmong([rules.const])(value)) {
      this.say(path, 'not_const', 'must be the one value that is allowed')
    }
    if (rules.enum !== undefined && !isAmongOnce(rules.enum)(value)) {
      this.say(path, 'not_in_enum', 'must be one of the values that are allowed')
    }
    if (typeof value === 'string') this.#text(rules, value, path)
    else if (typeof value === 'number') this.#number(rules, value, path)
    else if (Array.isArray(value)) this.#array(rules, value, path)
    else if (isPlainObject(value)) this.#object(rules, value, path)
    this.#branches(rules, value, path)
    // What the branches cover is only known once they hold.
    if (this.errors.length === before) this.#unevaluated(rules, value, path)
  }

  #text(rules: Rules, value: string, path: Path | undefined): void {
    const { lengthMin = 0, lengthMax = Infinity, pattern, format } = rules
    const long = lengthMin > 0 || lengthMax < Infinity ? codePoints(value) : 0
    if (long < lengthMin)
      this.say(path, 'too_short', `must have at least ${amount(lengthMin, 'character')}`)
    if (long > lengthMax)
      this.say(path, 'too_long', `must have at most ${amount(lengthMax, 'character')}`)
    if (pattern !== undefined && !this.#linked.pattern(pattern)(value)) {
      this.say(path, 'pattern_mismatch', `must match the pattern ${pattern}`)
    }
    if (format !== undefined && textFormat(format)?.(value) === false) {
      this.say(path, 'invalid_format', `must be ${formatWords(format)}`)
    }
  }

  #number(rules: Rules, value: number, path: Path | undefined): void {
    const { min, max, above, below, step, format } = rules
    if (min !== undefined && value < min) this.say(path, 'too_small', `must be at least ${min}`)
    if (above !== undefined && value <= above) this.say(path, 'too_small', `must be above ${above}`)
    if (max !== undefined && value > max) this.say(path, 'too_large', `must be at most ${max}`)
    if (below !== undefined && value >= below) this.say(path, 'too_large', `must be below ${below}`)
    if (step !== undefined && !multipleTest(step)(value)) {
      this.say(path, 'not_multiple', `must be a multiple of ${step}`)
    }
    if (format !== undefined && numberFormat(format)?.(value) === false) {
      this.say(path, 'invalid_format', `must be ${formatWords(format)}`)
    }
  }

  #array(rules: Rules, value: readonly unknown[], path: Path | undefined): void {
    const { itemsMin = 0, itemsMax = Infinity, prefix = [], items } = rules
    if (value.length < itemsMin)
      this.say(path, 'too_few_items', `must have at least ${amount(itemsMin, 'item')}`)
    if (value.length > itemsMax)
      this.say(path, 'too_many_items', `must have at most ${amount(itemsMax, 'item')}`)
    for (const [at, id] of prefix.entries()) {
      if (at < value.length) this.node(id, value[at], inside(path, at))
    }
    if (items !== undefined) this.#items(items, value, prefix.length, path)
    if (rules.contains !== undefined) this.#contains(rules, rules.contains, value, path)
    if (rules.unique !== true) return
    const twin = duplicateIndex(value)
    if (twin >= 0)
      this.say(inside(path, twin), 'duplicate_items', 'must differ from the items before it')
  }

  #items(id: number, value: readonly unknown[], from: number, path: Path | undefined): void {
    if (this.#linked.node(id) === false) {
      if (value.length > from)
        this.say(path, 'too_many_items', `must have at most ${amount(from, 'item')}`)
      return
    }
    for (let at = from; at < value.length && !this.#full; at++) {
      this.node(id, value[at], inside(path, at))
    }
  }

  #contains(rules: Rules, id: number, value: readonly unknown[], path: Path | undefined): void {
    const verdict = this.#linked.verdict(id)
    const { containsMin = 1, containsMax = Infinity } = rules
    const matches = value.filter((item) => verdict(item)).length
    if (matches < containsMin) {
      this.say(
        path,
        'too_few_matches',
        `must have at least ${amount(containsMin, 'item')} of the wanted kind`,
      )
    }
    if (matches > containsMax) {
      this.say(
        path,
        'too_many_matches',
        `must have at most ${amount(containsMax, 'item')} of the wanted kind`,
      )
    }
  }

  #object(rules: Rules, value: Record<string, unknown>, path: Path | undefined): void {
    const names = Object.keys(value)
    const { propertiesMin = 0, propertiesMax = Infinity } = rules
    if (names.length < propertiesMin) {
      this.say(
        path,
        'too_few_properties',
        `must have at least ${amount(propertiesMin, 'property')}`,
      )
    }
    if (names.length > propertiesMax) {
      this.say(
        path,
        'too_many_properties',
        `must have at most ${amount(propertiesMax, 'property')}`,
      )
    }
    this.#required(rules.required ?? [], value, path)
    for (const [name, needed] of rules.needs ?? []) {
      if (Object.hasOwn(value, name)) this.#required(needed, value, path)
    }
    this.#properties(rules, value, names, path)
  }

  #required(names: readonly string[], value: object, path: Path | undefined): void {
    for (const name of names) {
      if (!Object.hasOwn(value, name)) this.say(inside(path, name), 'required', 'must be there')
    }
  }

  #properties(
    rules: Rules,
    value: Record<string, unknown>,
    names: readonly string[],
    path: Path | undefined,
  ): void {
    const back = this.#keptBack(rules, value, path)
    const properties = (rules.properties ?? []).filter(([name]) => !back.has(name))
    if (rules.others === undefined && rules.patterns === undefined && rules.names === undefined) {
      return this.#declared(properties, value, path)
    }
    const declared = new Map(rules.properties)
    const patterns = (rules.patterns ?? []).map(([source, id]) => ({
      matches: this.#linked.pattern(source),
      id,
    }))
    const nameTest = rules.names === undefined ? undefined : this.#linked.verdict(rules.names)
    for (const name of names) {
      if (this.#full) return
      const at = inside(path, name)
      const item = value[name]
      if (nameTest?.(name) === false)
        this.say(at, 'invalid_property_name', 'must have a name that follows the rule for names')
      const own = back.has(name) ? undefined : declared.get(name)
      const ids = patterns.filter(({ matches }) => matches(name)).map(({ id }) => id)
      if (own !== undefined) ids.push(own)
      for (const id of ids) this.node(id, item, at)
      if (ids.length === 0 && rules.others !== undefined && !back.has(name))
        this.#other(rules.others, item, at)
    }
  }

  /** Says which properties should not have come this way, and gives the names. */
  #keptBack(rules: Rules, value: object, path: Path | undefined): ReadonlySet<string> {
    const back = this.#linked.keepsBack ? keptBack(rules) : none
    for (const name of back) {
      if (!Object.hasOwn(value, name)) continue
      if (rules.readOnly?.includes(name) === true) {
        this.say(inside(path, name), 'read_only', 'must not be sent: only the service sets it')
      } else this.say(inside(path, name), 'write_only', 'must not be in a reply')
    }
    return back
  }

  #declared(
    properties: readonly (readonly [string, number])[],
    value: Record<string, unknown>,
    path: Path | undefined,
  ): void {
    for (const [name, id] of properties) {
      if (Object.hasOwn(value, name)) this.node(id, value[name], inside(path, name))
    }
  }

  #other(id: number, value: unknown, path: Path): void {
    if (this.#linked.node(id) !== false) return this.node(id, value, path)
    this.say(path, 'unknown_property', 'must not be there: no property of this name is declared')
  }

  #branches(rules: Rules, value: unknown, path: Path | undefined): void {
    const { verdict } = this.#linked
    for (const id of rules.all ?? []) this.node(id, value, path)
    if (rules.any !== undefined) this.#any(rules, rules.any, value, path)
    if (rules.one !== undefined) this.#one(rules, rules.one, value, path)
    if (rules.not !== undefined && verdict(rules.not)(value)) {
      this.say(path, 'forbidden', 'must not be of the kind that is excluded')
    }
    if (rules.if !== undefined) {
      const branch = verdict(rules.if)(value) ? rules.then : rules.else
      if (branch !== undefined) this.node(branch, value, path)
    }
    if (!isPlainObject(value)) return
    for (const [name, id] of rules.implies ?? []) {
      if (Object.hasOwn(value, name)) this.node(id, value, path)
    }
  }

  #any(rules: Rules, ids: readonly number[], value: unknown, path: Path | undefined): void {
    if (!ids.some((id) => this.#linked.verdict(id)(value))) this.#none(rules, ids, value, path)
  }

  #one(rules: Rules, ids: readonly number[], value: unknown, path: Path | undefined): void {
    const matches = ids.filter((id) => this.#linked.verdict(id)(value)).length
    if (matches === 0) this.#none(rules, ids, value, path)
    if (matches > 1) this.say(path, 'several_match', 'must match one alternative, not several')
  }

  /** No alternative holds: say what is wrong with the one that was meant, where that is clear. */
  #none(rules: Rules, ids: readonly number[], value: unknown, path: Path | undefined): void {
    const choice = chosenBranch(this.#linked.node, rules.discriminator, ids, value)
    switch (choice.kind) {
      case 'branch':
        return this.node(choice.id, value, path)
      case 'types':
        return this.say(path, 'invalid_type', `must be ${typeNames(choice.types)}`)
      case 'tag':
        return this.#tag(inside(path, choice.property), choice)
      case 'unclear':
        return this.say(path, 'no_match', 'must match one of the alternatives')
    }
  }

  /** The property that tells alternatives apart is wrong: of them nothing need be said. */
  #tag(path: Path, { there, names }: { there: boolean; names: readonly string[] }): void {
    if (!there) this.say(path, 'required', 'must be there: it tells the alternatives apart')
    else this.say(path, 'not_in_enum', `must name one of the alternatives: ${listed(names)}`)
  }

  #unevaluated(rules: Rules, value: unknown, path: Path | undefined): void {
    if (typeof value !== 'object' || value === null) return
    const id = Array.isArray(value) ? rules.unevaluatedItems : rules.unevaluatedProperties
    if (id === undefined) return
    everyLeftOver(value, covered(this.#linked.mark(rules), value), (name, item) => {
      this.#other(id, item, inside(path, name))
      return !this.#full
    })
  }
}

const none: ReadonlySet<string> = new Set()

const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null

const inside = (outer: Path | undefined, token: string | number): Path => ({
  outer,
  token,
  depth: (outer?.depth ?? 0) + 1,
})

function pointerTo(path: Path | undefined): string {
  const tokens: string[] = []
  for (let at = path; at !== undefined; at = at.outer) tokens.push(tokenText(String(at.token)))
  return tokens.toReversed().join('')
}

function tokenText(token: string): string {
  const short = token.length > tokenCharsMax ? `${token.slice(0, tokenCharsMax)}…` : token
  return `/${pointerToken(short)}`
}

const namesMax = 10
const nameCharsMax = 50

/** The first few of the names that a contract gives its alternatives. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesMax).map((name) => name.slice(0, nameCharsMax))
  return [...shown, ...(names.length > namesMax ? ['…'] : [])].join(', ')
}

/** `1 item`, `2 items`, `2 properties`. */
function amount(count: number, word: string): string {
  if (count === 1) return `1 ${word}`
  return `${count} ${word.endsWith('y') ? `${word.slice(0, -1)}ie` : word}s`
}

function typeNames(types: number): string {
  const allowed = (types & typeBits.number) === 0 ? types : types & ~typeBits.integer
  const names = Object.entries(typeBits).filter(([, bit]) => (allowed & bit) !== 0)
  return names.map(([name]) => articles[name] ?? name).join(' or ')
}

const articles: Readonly<Record<string, string>> = {
  boolean: 'a boolean',
  integer: 'an integer',
  number: 'a number',
  string: 'a string',
  array: 'an array',
  object: 'an object',
}
