// What JSON.parse does not tell of a contract file that is no JSON: where it broke, and what should
// stand there. Works on tokens, so that depth costs no stack.

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
  const hint = /\/[/*]|#/y
  hint.lastIndex = token.start
  const isComment = token.kind === '?' && hint.test(text)
  const why = isComment ? ' (JSON has no comments; YAML has)' : ''
  return `expected ${want}, found ${JSON.stringify(found).slice(0, 40)}${why}`
}
