// What JSON.parse does not tell of a contract file: where it broke, where a value is written, and
// which keys are there twice. Works on tokens, so that depth costs no stack.

interface Token {
  readonly start: number
  readonly end: number
  /** `{ } [ ] : ,`, else `s` for a string, `v` for any other scalar, `e` for the end, `?` for junk. */
  readonly kind: string
}

const space = /[ \t\n\r]*/y
// oxlint-disable-next-line no-control-regex -- RFC 8259 section 7 forbids them in strings
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y

function endOf(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start
  return pattern.test(text) ? pattern.lastIndex : -1
}

function tokenAt(text: string, from: number): Token {
  const start = endOf(space, text, from)
  const first = text[start]
  if (first === undefined) return { start, end: start, kind: 'e' }
  if ('{}[]:,'.includes(first)) return { start, end: start + 1, kind: first }
  const end = endOf(first === '"' ? string : scalar, text, start)
  if (end < 0) return { start, end: start + 1, kind: '?' }
  return { start, end, kind: first === '"' ? 's' : 'v' }
}

const keyOf = (text: string, token: Token): string =>
  JSON.parse(text.slice(token.start, token.end)) as string

export interface JsonFault {
  readonly offset: number
  readonly message: string
}

/** The first place where the text is not JSON; undefined where it is. */
export function jsonFault(text: string): JsonFault | undefined {
  const closers: string[] = []
  let want = 'value'
  for (let at = 0; ;) {
    const token = tokenAt(text, at)
    const next = afterToken(want, token.kind, closers)
    if (next === 'done') return undefined
    if (next === undefined) return { offset: token.start, message: faultText(text, token, want) }
    want = next
    at = token.end
  }
}

/** What may follow a token, given what was wanted; `closers` holds the open brackets' ends. */
function afterToken(want: string, kind: string, closers: string[]): string | undefined {
  const whole = () => (closers.length === 0 ? 'the end of the file' : `"," or "${closers.at(-1)}"`)
  const isValue = want === 'value' || want === 'value or "]"'
  if (isValue && (kind === 's' || kind === 'v')) return whole()
  if (isValue && (kind === '{' || kind === '[')) {
    closers.push(kind === '{' ? '}' : ']')
    return kind === '{' ? 'key or "}"' : 'value or "]"'
  }
  if (kind === 's' && want.startsWith('key')) return '":"'
  if (kind === ':' && want === '":"') return 'value'
  if (kind === closers.at(-1) && want.endsWith(`"${kind}"`)) {
    closers.pop()
    return whole()
  }
  if (kind === ',' && want.startsWith('","')) return closers.at(-1) === '}' ? 'key' : 'value'
  return kind === 'e' && want === 'the end of the file' ? 'done' : undefined
}

function faultText(text: string, token: Token, want: string): string {
  if (token.kind === 'e') return `the file ends where ${want} should follow`
  const found = token.kind === '?' ? text[token.start] : text.slice(token.start, token.end)
  return `expected ${want}, found ${JSON.stringify(found).slice(0, 40)}`
}

/** Where a value is written: the offset of its key, of itself in an array or at the top. */
export interface Spot {
  readonly offset: number
  readonly children: Map<string, Spot> | undefined
}

export interface JsonOutline {
  readonly root: Spot
  readonly repeatedKeys: readonly { readonly offset: number; readonly key: string }[]
  readonly depth: number
}

interface Open {
  readonly children: Map<string, Spot>
  readonly isObject: boolean
  key: string
  keyOffset: number
}

/** The offsets of everything in valid JSON, and the keys that an object has twice. */
export function jsonOutline(text: string): JsonOutline {
  const top = new Map<string, Spot>()
  const open: Open[] = [{ children: top, isObject: false, key: '', keyOffset: 0 }]
  const repeatedKeys: { offset: number; key: string }[] = []
  let depth = 0
  let isKey = false
  for (let token = tokenAt(text, 0); token.kind !== 'e'; token = tokenAt(text, token.end)) {
    const parent = open.at(-1)!
    const { kind, start: offset } = token
    if (isKey && kind === 's') {
      parent.key = keyOf(text, token)
      parent.keyOffset = offset
      if (parent.children.has(parent.key)) repeatedKeys.push({ offset, key: parent.key })
    } else if (kind === '}' || kind === ']') open.pop()
    else if (kind !== ':' && kind !== ',') {
      const children = addSpot(parent, token)
      if (children) open.push({ children, isObject: kind === '{', key: '', keyOffset: 0 })
      depth = Math.max(depth, open.length - 1)
    }
    isKey = kind === '{' || (kind === ',' && parent.isObject)
  }
  return { root: top.get('0')!, repeatedKeys, depth }
}

function addSpot(parent: Open, { kind, start }: Token): Map<string, Spot> | undefined {
  const children = kind === '{' || kind === '[' ? new Map<string, Spot>() : undefined
  const key = parent.isObject ? parent.key : String(parent.children.size)
  parent.children.set(key, { offset: parent.isObject ? parent.keyOffset : start, children })
  return children
}

/** The offset of a value, or of its nearest parent where it is absent. */
export function spotOffset(root: Spot, path: readonly string[]): number {
  let spot = root
  for (const step of path) {
    const child = spot.children?.get(step)
    if (child === undefined) break
    spot = child
  }
  return spot.offset
}
