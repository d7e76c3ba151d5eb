// llhttp's own test pages as cases: the bytes of a connection and what llhttp logged of them.
import { fixtureNames, fixtureText } from '../../test/fixtures.ts'

/** A message as llhttp logged it, once its head was whole. */
export interface Logged {
  /** Method and target, or the status. */
  readonly line: string
  /** Names and values in turn, trailers included. */
  readonly fields: readonly string[]
  readonly body: string
  readonly whole: boolean
}

export interface Case {
  readonly name: string
  readonly isRequest: boolean
  /** The flag under which llhttp was lenient; undefined where it was strict. */
  readonly lenient: string | undefined
  /** Whether the connection ends behind the bytes. */
  readonly ends: boolean
  /** Whether the caller told llhttp that no body follows. */
  readonly skipBody: boolean
  readonly text: string
  /** Where the request lines end of requests that have no Host. */
  readonly hostless: readonly number[]
  readonly logged: readonly Logged[]
  readonly error: string | undefined
  /** Whether the last message had begun and its head was not whole. */
  readonly inHead: boolean
}

/** A case: what it is, its bytes, and behind a remark perhaps, the log. */
const block =
  /<!--\s*meta=(?<meta>\{.*?\})\s*-->\s*```http\n(?<http>(?:(?!\n?```)[\s\S])*)\n?```(?:(?!```|<!--)[\s\S])*```log\n(?<log>[\s\S]*?)```/y

interface Meta {
  readonly type: string
  readonly skipBody?: boolean
}

export function casesOf(kind: 'request' | 'response'): Case[] {
  return fixtureNames('llhttp', kind)
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => pageCases(`${kind}/${file}`, fixtureText('llhttp', kind, file)))
}

function pageCases(page: string, text: string): Case[] {
  const cases: Case[] = []
  const headings: string[] = []
  for (const found of text.matchAll(/^(#+) (.+)$|<!--\s*meta=/gm)) {
    const level = found[1]?.length
    if (level !== undefined) {
      headings.length = level
      headings[level - 1] = found[2]!
      continue
    }
    block.lastIndex = found.index
    const groups = block.exec(text)?.groups
    if (groups === undefined) throw new Error(`${page}: a case that cannot be read`)
    const title = headings.slice(1).filter(Boolean).join(' › ')
    const twins = cases.filter(({ name }) => name.replace(/ \(\d\)$/, '') === `${page} › ${title}`)
    const name = `${page} › ${title}${twins.length > 0 ? ` (${twins.length + 1})` : ''}`
    cases.push(caseOf(name, JSON.parse(groups['meta']!) as Meta, groups['http']!, groups['log']!))
  }
  return cases
}

function caseOf(name: string, { type, skipBody = false }: Meta, http: string, log: string): Case {
  const text = unescaped(http)
  return {
    name,
    isRequest: type.startsWith('request'),
    lenient: /-(lenient-.*)$/.exec(type)?.[1],
    ends: type.endsWith('-finish'),
    skipBody,
    ...readLog(text, log),
    text,
  }
}

/** Lines of a page end in CRLF on the wire; a line end behind a backslash is none. */
const unescaped = (http: string): string =>
  Buffer.from(http)
    .toString('latin1')
    .replace(/\\\n/g, '')
    .replace(/\n/g, '\r\n')
    .replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\\[rntf]/g, (escape) => escapes[escape]!)

const escapes: Readonly<Record<string, string>> = {
  '\\r': '\r',
  '\\n': '\n',
  '\\t': '\t',
  '\\f': '\f',
}

const event =
  /^off=(?<off>\d+) (?:len=(?<len>\d+) span\[(?<span>\w+)\]|(?<what>message begin|version complete|header_field complete|header_value complete|headers complete|message complete|error)(?<more>.*))/

type Writable<T> = { -readonly [K in keyof T]: T[K] }

class LogReader {
  readonly logged: Writable<Logged>[] = []
  error: string | undefined
  inHead = false
  readonly #text: string
  readonly #hosts: { lineEnd: number; found: boolean }[] = []
  #spans: Record<string, string> = {}
  #fields: string[] = []

  constructor(text: string) {
    this.#text = text
  }

  get hostless(): number[] {
    return this.#hosts.filter(({ found }) => !found).map(({ lineEnd }) => lineEnd)
  }

  read(line: string): void {
    const groups = event.exec(line)?.groups
    if (groups === undefined) return
    const { off, len, span, what, more } = groups
    if (span === undefined) return this.#event(what!, Number(off), more!)
    const bytes = this.#text.slice(Number(off), Number(off) + Number(len))
    if (span === 'body') this.logged.at(-1)!.body += bytes
    else this.#spans[span] = (this.#spans[span] ?? '') + bytes
  }

  #event(what: string, off: number, more: string): void {
    switch (what) {
      case 'message begin':
        this.inHead = true
        this.#spans = {}
        this.#fields = []
        break
      case 'version complete':
        this.#hosts.push({ lineEnd: off, found: false })
        break
      case 'header_field complete': {
        const name = this.#taken('header_field')
        this.#fields.push(name)
        if (name.toLowerCase() === 'host') this.#hosts.at(-1)!.found = true
        break
      }
      case 'header_value complete':
        this.#fields.push(this.#taken('header_value').trim())
        break
      case 'headers complete': {
        this.inHead = false
        const status = /status=([1-9]\d*)/.exec(more)?.[1]
        const line = status ?? `${this.#spans['method']} ${this.#spans['url']}`
        this.logged.push({ line, fields: this.#fields, body: '', whole: false })
        break
      }
      case 'message complete':
        if (this.logged.length > 0) this.logged.at(-1)!.whole = true
        break
      case 'error':
        this.error = more.trim()
    }
  }

  #taken(span: string): string {
    const text = this.#spans[span] ?? ''
    delete this.#spans[span]
    return text
  }
}

function readLog(
  text: string,
  log: string,
): Pick<Case, 'logged' | 'error' | 'hostless' | 'inHead'> {
  const reader = new LogReader(text)
  for (const line of log.split('\n')) reader.read(line)
  const { logged, error, hostless, inHead } = reader
  return { logged, error, hostless, inHead }
}
