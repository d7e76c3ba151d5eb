// Reads JSONPath (RFC 9535) strictly: what the grammar does not have, and functions used where their
// type does not belong, are refused with the character that is wrong. Time grows with the text.
import {
  isSingular,
  type Operand,
  type Operator,
  type Query,
  type Segment,
  type Selector,
  type Test,
} from './jsonpath-query.ts'

export interface QueryFault {
  readonly fault: string
  /** Of the character at which it was noticed. */
  readonly offset: number
}

const charsMax = 4_096
const depthMax = 64

export function parseJsonPath(text: string): Query | QueryFault {
  if (text.length > charsMax) {
    return { fault: `it has more than ${charsMax} characters`, offset: charsMax }
  }
  const reader = new Reader(text)
  try {
    return reader.whole()
  } catch (thrown) {
    if (thrown instanceof Fault) return { fault: thrown.message, offset: thrown.offset }
    throw thrown
  }
}

class Fault extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

const blank = /[ \t\n\r]*/y
const name = /[A-Za-z_\u{80}-\u{d7ff}\u{e000}-\u{10ffff}][\w\u{80}-\u{d7ff}\u{e000}-\u{10ffff}]*/uy
const integer = /0|-?[1-9]\d*/y
const number = /(?:-?0|-?[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const word = /[a-z][a-z0-9_]*/y
const operator = /[=!<>]=|[<>]/y
const plain: Readonly<Record<string, RegExp>> = {
  "'": /[\u{20}-\u{26}\u{28}-\u{5b}\u{5d}-\u{d7ff}\u{e000}-\u{10ffff}]+/uy,
  '"': /[\u{20}-\u{21}\u{23}-\u{5b}\u{5d}-\u{d7ff}\u{e000}-\u{10ffff}]+/uy,
}
const escape =
  /[bfnrt/\\]|u(?:[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?:[\dabcefABCEF][\da-fA-F]|[dD][0-7])[\da-fA-F]{2})/y

const constants: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

/** A query, an operand or a test that stands alone: what it is shows only behind it. */
type Term =
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'operand'; readonly operand: Operand }
  | { readonly kind: 'test'; readonly test: Test }

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Query {
    if (!this.#skips('$')) this.#fail('it begins with `$`')
    const query: Query = { from: 'root', segments: this.#segments() }
    if (this.#at < this.#text.length) this.#fail(this.#hint() ?? 'this was not expected')
    return query
  }

  #fail(message: string, offset = this.#at): never {
    throw new Fault(message, offset)
  }

  #skips(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #expect(text: string): void {
    if (!this.#skips(text)) this.#fail(this.#hint() ?? `expected \`${text}\``)
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  /** Names such as `x-concordat` and `/channels` are tried without brackets again and again. */
  #hint(): string | undefined {
    const before = this.#text[this.#at - 1] ?? ''
    if (!/[-/{]/.test(this.#text[this.#at] ?? '') || !/[\w.]/.test(before)) return undefined
    return "a name with other characters than letters, digits and _ stands in brackets: ['/a-b']"
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > depthMax) this.#fail('it is nested too deep')
    const result = read()
    this.#depth--
    return result
  }

  #segments(): Segment[] {
    const segments: Segment[] = []
    for (;;) {
      const before = this.#at
      this.#take(blank)
      const segment = this.#segment()
      if (segment === undefined) {
        this.#at = before
        return segments
      }
      segments.push(segment)
    }
  }

  #segment(): Segment | undefined {
    const deep = this.#skips('..')
    if (this.#skips('[')) return { deep, selectors: this.#bracketed() }
    if (!deep && !this.#skips('.')) return undefined
    if (this.#skips('*')) return { deep, selectors: [{ kind: 'wildcard' }] }
    const own = this.#take(name) ?? this.#fail(this.#hint() ?? 'expected a name, `*` or `[`')
    return { deep, selectors: [{ kind: 'name', name: own }] }
  }

  #bracketed(): Selector[] {
    const selectors: Selector[] = []
    do {
      this.#take(blank)
      selectors.push(this.#selector())
      this.#take(blank)
    } while (this.#skips(','))
    this.#expect(']')
    return selectors
  }

  #selector(): Selector {
    if (this.#skips('*')) return { kind: 'wildcard' }
    if (this.#skips('?')) {
      this.#take(blank)
      return { kind: 'filter', test: this.#nested(() => this.#any()) }
    }
    const text = this.#string()
    if (text !== undefined) return { kind: 'name', name: text }
    return this.#indexOrSlice()
  }

  #indexOrSlice(): Selector {
    const start = this.#integer()
    const afterStart = this.#at
    this.#take(blank)
    if (!this.#skips(':')) {
      this.#at = afterStart
      if (start === undefined) this.#fail('expected a name in quotes, a number, `*` or `?`')
      return { kind: 'index', index: start }
    }
    const end = this.#blankThenInteger()
    const beforeStep = this.#at
    this.#take(blank)
    if (!this.#skips(':')) {
      this.#at = beforeStep
      return { kind: 'slice', start, end, step: 1 }
    }
    return { kind: 'slice', start, end, step: this.#blankThenInteger() ?? 1 }
  }

  #blankThenInteger(): number | undefined {
    this.#take(blank)
    return this.#integer()
  }

  #integer(): number | undefined {
    const start = this.#at
    const text = this.#take(integer)
    if (text === undefined) return undefined
    if (!Number.isSafeInteger(Number(text))) this.#fail('this number is too large', start)
    return Number(text)
  }

  #string(): string | undefined {
    const quote = this.#text[this.#at] ?? ''
    const unescaped = plain[quote]
    if (unescaped === undefined) return undefined
    this.#at++
    let text = ''
    while (!this.#skips(quote)) {
      if (this.#skips('\\')) text += this.#escaped(quote)
      else text += this.#take(unescaped) ?? this.#fail('this character needs an escape, or a quote')
    }
    return text
  }

  #escaped(quote: string): string {
    if (this.#skips(quote)) return quote
    const written = this.#take(escape) ?? this.#fail('this is no escape')
    return JSON.parse(`"\\${written}"`) as string
  }

  #any(): Test {
    const tests = this.#joined('||', () => this.#joinedAll())
    return tests.length === 1 ? tests[0]! : { kind: 'any', tests }
  }

  #joinedAll(): Test {
    const tests = this.#joined('&&', () => this.#basic())
    return tests.length === 1 ? tests[0]! : { kind: 'all', tests }
  }

  #joined(sign: string, read: () => Test): Test[] {
    const tests = [read()]
    for (;;) {
      const before = this.#at
      this.#take(blank)
      if (!this.#skips(sign)) {
        this.#at = before
        return tests
      }
      this.#take(blank)
      tests.push(read())
    }
  }

  #basic(): Test {
    if (!this.#skips('!')) {
      return this.#skips('(') ? this.#parenthesised() : this.#comparison()
    }
    this.#take(blank)
    if (this.#skips('(')) return { kind: 'not', test: this.#parenthesised() }
    const start = this.#at
    return { kind: 'not', test: this.#alone(this.#term(), start) }
  }

  #parenthesised(): Test {
    this.#take(blank)
    const test = this.#nested(() => this.#any())
    this.#take(blank)
    this.#expect(')')
    return test
  }

  #comparison(): Test {
    const start = this.#at
    const left = this.#term()
    const end = this.#at
    this.#take(blank)
    const sign = this.#take(operator) as Operator | undefined
    if (sign === undefined) {
      this.#at = end
      return this.#alone(left, start)
    }
    this.#take(blank)
    const right = this.#at
    const operands = [this.#operandOf(left, start), this.#operandOf(this.#term(), right)] as const
    return { kind: 'compare', operator: sign, left: operands[0], right: operands[1] }
  }

  #alone(term: Term, start: number): Test {
    if (term.kind === 'query') return { kind: 'exists', query: term.query }
    if (term.kind === 'test') return term.test
    return this.#fail('this is a value: compare it with something', start)
  }

  #operandOf(term: Term, start: number): Operand {
    if (term.kind === 'operand') return term.operand
    if (term.kind === 'test') return this.#fail('this is true or false by itself', start)
    if (isSingular(term.query)) return { kind: 'node', query: term.query }
    return this.#fail('this may select several nodes, which cannot be compared', start)
  }

  #term(): Term {
    if (this.#skips('@')) return { kind: 'query', query: this.#query('here') }
    if (this.#skips('$')) return { kind: 'query', query: this.#query('root') }
    const start = this.#at
    const own = this.#take(word)
    if (own !== undefined) return this.#named(own, start)
    const text = this.#string()
    if (text !== undefined) return literal(text)
    const digits = this.#take(number)
    if (digits !== undefined) return literal(Number(digits))
    return this.#fail('expected `@`, `$`, a function, a text or a number')
  }

  #query(from: Query['from']): Query {
    return this.#nested(() => ({ from, segments: this.#segments() }))
  }

  #named(own: string, start: number): Term {
    if (this.#skips('(')) return this.#nested(() => this.#call(own, start))
    if (Object.hasOwn(constants, own)) return literal(constants[own]!)
    return this.#fail(`\`${own}\` is not known`, start)
  }

  #call(own: string, start: number): Term {
    const takes = own === 'match' || own === 'search' ? 2 : 1
    const given = this.#arguments()
    if (!['length', 'count', 'value', 'match', 'search'].includes(own)) {
      this.#fail(`there is no function \`${own}\``, start)
    }
    if (given.length !== takes) this.#fail(`\`${own}\` takes ${takes} arguments`, start)
    const operand = (at: number) => this.#operandOf(given[at]!.term, given[at]!.start)
    switch (own) {
      case 'length':
        return called({ kind: 'length', of: operand(0) })
      case 'count':
        return called({ kind: 'count', query: this.#nodesOf(given[0]!) })
      case 'value':
        return called({ kind: 'node', query: this.#nodesOf(given[0]!) })
      default: {
        const kind = own as 'match' | 'search'
        return { kind: 'test', test: { kind, text: operand(0), pattern: operand(1) } }
      }
    }
  }

  #arguments(): { term: Term; start: number }[] {
    const given: { term: Term; start: number }[] = []
    this.#take(blank)
    if (this.#skips(')')) return given
    do {
      this.#take(blank)
      given.push({ start: this.#at, term: this.#term() })
      this.#take(blank)
    } while (this.#skips(','))
    this.#expect(')')
    return given
  }

  #nodesOf({ term, start }: { term: Term; start: number }): Query {
    return term.kind === 'query' ? term.query : this.#fail('this must be a query', start)
  }
}

const literal = (value: string | number | boolean | null): Term => ({
  kind: 'operand',
  operand: { kind: 'literal', value },
})

const called = (operand: Operand): Term => ({ kind: 'operand', operand })
