// From the bytes of a file to data whose every value can be located, whether JSON or YAML.
import type { Place, Problem } from '../base.ts'
import { jsonFault } from './json.ts'
import { countMembers, JsonOutline } from './outline.ts'
import { parseYaml } from './yaml.ts'

export interface Located {
  /** Undefined where there are problems. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Where the member or item at a JSON Pointer is written, or its nearest parent. */
  locate(pointer: string): Place
}

// Nobody writes deeper, and what walks a contract may then lean on the stack.
export const depthMax = 256
const valuesMax = 5_000_000

/** Strict UTF-8, without its byte order mark; undefined where the bytes are something else. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** JSON where the text is JSON or the file is named so, else YAML. */
export function parseLocated(text: string, file: string): Located {
  const place = placer(text, file)
  const looksJson = /^\s*[{[]/.test(text)
  if (looksJson || /\.json$/i.test(file)) {
    const value = jsonValue(text)
    if (value !== undefined) return locatedJson(text, value.it, place)
    if (/\.json$/i.test(file)) return brokenJson(text, place)
  }
  return locatedYaml(text, place)
}

function jsonValue(text: string): { it: unknown } | undefined {
  try {
    return { it: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

type Placer = (offset: number) => Place

function brokenJson(text: string, place: Placer): Located {
  const fault = jsonFault(text) ?? { offset: 0, message: 'it cannot be read' }
  const problem = errorAt(place(fault.offset), `not valid JSON: ${fault.message}`)
  return { value: undefined, problems: [problem], locate: () => place(0) }
}

function locatedJson(text: string, value: unknown, place: Placer): Located {
  const outline = new JsonOutline(text)
  const problems: Problem[] = []
  // A key that is there twice is there once in the data.
  if (countMembers(value) !== outline.memberCount) {
    for (const { offset, key } of outline.repeatedKeys()) {
      problems.push(errorAt(place(offset), `the key ${JSON.stringify(key)} is already there`))
    }
  }
  if (outline.depth > depthMax) problems.push(tooDeep(place(0)))
  const locate = (pointer: string) => place(outline.offset(pointerPath(pointer)))
  return { value: problems.length > 0 ? undefined : value, problems, locate }
}

function locatedYaml(text: string, place: Placer): Located {
  const { value, faults, offset } = parseYaml(text)
  const problems = faults.map((fault) =>
    errorAt(place(fault.offset), `not valid YAML: ${fault.message}`),
  )
  const excess = problems.length > 0 ? undefined : excessOf(value)
  if (excess === 'depth') problems.push(tooDeep(place(0)))
  if (excess === 'count') {
    problems.push(errorAt(place(0), `its aliases unfold to more than ${valuesMax} values`))
  }
  const locate = (pointer: string) => place(offset(pointerPath(pointer)))
  return { value: problems.length > 0 ? undefined : value, problems, locate }
}

const errorAt = (place: Place, message: string): Problem => ({ severity: 'error', message, place })

const tooDeep = (place: Place): Problem =>
  errorAt(place, `it is nested deeper than ${depthMax}, or an alias stands within its own anchor`)

/** Walks data as the tree it stands for, so that shared and circular aliases show their true size. */
function excessOf(value: unknown): 'depth' | 'count' | undefined {
  let left = valuesMax
  const walk = (one: unknown, depth: number): 'depth' | 'count' | undefined => {
    if (--left < 0) return 'count'
    if (typeof one !== 'object' || one === null) return undefined
    if (depth >= depthMax) return 'depth'
    for (const child of Object.values(one)) {
      const excess = walk(child, depth + 1)
      if (excess !== undefined) return excess
    }
    return undefined
  }
  return walk(value, 0)
}

/** The unescaped tokens of a JSON Pointer. */
function pointerPath(pointer: string): string[] {
  const tokens = pointer.split('/').slice(1)
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Turns offsets into places; line starts are found once, when first asked. */
function placer(text: string, file: string): Placer {
  let starts: number[] | undefined
  return (offset) => {
    starts ??= lineStarts(text)
    const line = lineOf(starts, offset)
    return { file, line: line + 1, column: offset - starts[line]! + 1 }
  }
}

/** Index of the last line that starts at or before the offset, by halving. */
function lineOf(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle
  }
  return low
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
