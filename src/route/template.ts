// Path templates, parsed. Literals are kept as their UTF-8 bytes, one byte a character, escapes
// decoded: the same form in which `path.ts` reads a request's path.

/** One segment: literals with a parameter between each two. `['users']`, `['', '']`, `['v', '']`. */
export type Segment = readonly string[]

export interface Template {
  readonly segments: readonly Segment[]
  /** Parameter names in order. */
  readonly names: readonly string[]
}

const bytesMax = 4096
const segmentsMax = 64
const parametersMax = 30

/** What is wrong with a template, for `check`; undefined where nothing is. */
export function templateProblem(template: string): string | undefined {
  const parsed = parseTemplate(template)
  return typeof parsed === 'string' ? parsed : undefined
}

/** The parsed template, or what is wrong with it. */
export function parseTemplate(template: string): Template | string {
  if (!template.startsWith('/')) return 'a path begins with a slash'
  if (template.length > bytesMax) return `a path has at most ${bytesMax} characters`
  const names: string[] = []
  const segments: Segment[] = []
  const texts = template.slice(1).split('/')
  if (texts.length > segmentsMax) return `a path has at most ${segmentsMax} segments`
  for (const [at, text] of texts.entries()) {
    if (text === '' && at < texts.length - 1) return 'a path has no empty segments'
    const segment = parseSegment(text, names)
    if (typeof segment === 'string') return segment
    segments.push(segment)
  }
  if (names.length > parametersMax) return `a path has at most ${parametersMax} parameters`
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return `the parameter {${twice}} stands twice in one path`
  return { segments, names }
}

function parseSegment(text: string, names: string[]): Segment | string {
  const literals: string[] = []
  let from = 0
  for (;;) {
    const open = text.indexOf('{', from)
    const literal = literalBytes(text.slice(from, open < 0 ? undefined : open))
    if (literal === undefined) return `a path has no such text: '${text}'`
    literals.push(literal)
    if (open < 0) break
    const close = text.indexOf('}', open)
    if (close < 0) return `a brace is not closed in '${text}'`
    const name = text.slice(open + 1, close)
    if (name === '' || name.includes('{')) return `a parameter has no name in '${text}'`
    if (literal === '' && open > 0) return `two parameters side by side cannot be told apart`
    names.push(name)
    from = close + 1
  }
  if (literals.length === 1 && (literals[0] === '.' || literals[0] === '..')) {
    return 'a path has no dot segments'
  }
  return literals
}

// What a request may not hold without an opt-in cannot stand in a template either.
const forbidden = /[}?#\\]|%(?:2f|5c|2e)|\p{Cc}|%[01][0-9a-f]|%7f|%(?![0-9a-f]{2})/iu

// What stands for itself, as nearly every literal does.
const plain = /^[\w.~:@$&'()*+,;=!-]*$/

function literalBytes(text: string): string | undefined {
  if (plain.test(text)) return text
  if (forbidden.test(text) || !text.isWellFormed()) return undefined
  try {
    const decoded = decodeURIComponent(text)
    return unescapeBytes(encodeURIComponent(decoded))
  } catch {
    return undefined // an escape that is not UTF-8
  }
}

const unescapeBytes = (escaped: string): string =>
  escaped.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

// No literal holds a control character, so these two keep shapes apart.
const parameterMark = '\u0001'
const segmentMark = '/'

/** Equal for two templates exactly when they match the same paths in the same places. */
export function shapeOf(template: Template): string {
  return template.segments.map((segment) => segment.join(parameterMark)).join(segmentMark)
}
