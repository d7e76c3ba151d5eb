// One line of the Prometheus text format to a sample. What is not understood is left out: a gateway
// of another version may say more. Names of labels come from outside, so labels are a map.

export interface Sample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
}

export type Labels = ReadonlyMap<string, string>

const noLabels: Labels = new Map()

/** The name that a line begins with; undefined for comments and for what is no sample. */
export function nameIn(line: string): string | undefined {
  return /^[a-zA-Z_:][\w:]*/.exec(line)?.[0]
}

/** The rest of a line of which the name is known. */
export function sampleIn(line: string, name: string): Sample | undefined {
  const list = labelsAt(line, name.length)
  if (list === undefined) return undefined
  const text = /^[ \t]+([^ \t]+)(?:[ \t]+-?\d+)?[ \t\r]*$/.exec(line.slice(list.end))?.[1]
  const value = text === undefined ? undefined : numberIn(text)
  return value === undefined ? undefined : { name, labels: list.labels, value }
}

/** A number as the format writes it. */
export function numberIn(text: string): number | undefined {
  if (text === '+Inf' || text === 'Inf') return Infinity
  if (text === '-Inf') return -Infinity
  const value = Number(text)
  return Number.isNaN(value) && text !== 'NaN' ? undefined : value
}

const pair = /[ \t]*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"[ \t]*,?/y

function labelsAt(line: string, start: number): { labels: Labels; end: number } | undefined {
  if (line[start] !== '{') return { labels: noLabels, end: start }
  const labels = new Map<string, string>()
  pair.lastIndex = start + 1
  let end = start + 1
  for (let found = pair.exec(line); found !== null; found = pair.exec(line)) {
    labels.set(found[1]!, shown(found[2]!))
    end = pair.lastIndex
  }
  return line[end] === '}' ? { labels, end: end + 1 } : undefined
}

/** Unescaped, and harmless: nothing that steers a terminal may come from an address we ask. */
function shown(value: string): string {
  const text = value.includes('\\') ? value.replaceAll(/\\(.)/g, unescaped) : value
  return harmless(text)
}

const unescaped = (_: string, code: string): string => (code === 'n' ? '\n' : code)

export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')
}
