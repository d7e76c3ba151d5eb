// What would go upstream, beside what came: the request line, the host, and the fields that differ.

export interface Sending {
  /** `GET /path HTTP/1.1` */
  readonly line: string
  readonly host: string
  /** Fields that the client did not send so; a value is told where the gateway itself says it. */
  readonly sets: readonly { readonly name: string; readonly value: string | null }[]
  /** Names of fields of the client that stay behind. */
  readonly removes: readonly string[]
}

type Field = readonly [name: string, value: string]

/** Both in latin1, with CRLF behind each line. */
export function sendingOf(came: string, sent: string): Sending {
  const [, ...before] = linesOf(came)
  const [line = '', ...lines] = linesOf(sent)
  const fields = lines.map(fieldOf)
  const host = fields.find(([name]) => isHost(name))?.[1] ?? ''
  const own = before.map(fieldOf).filter(([name]) => !isHost(name))
  const had = new Set(own.map(textOf))
  const has = new Set(fields.map(([name]) => name.toLowerCase()))
  return {
    line,
    host,
    sets: fields
      .filter((field) => !isHost(field[0]) && !had.has(textOf(field)))
      .map(([name, value]) => ({ name, value: isOurs(name) ? value : null })),
    removes: [...new Set(own.map(([name]) => name))].filter((name) => !has.has(name.toLowerCase())),
  }
}

const linesOf = (head: string): string[] => head.split('\r\n').filter((line) => line !== '')

function fieldOf(line: string): Field {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trim()]
}

const textOf = ([name, value]: Field): string => `${name.toLowerCase()}: ${value}`

const isHost = (name: string): boolean => name.toLowerCase() === 'host'

/** What a configuration sets may be a credential; what the gateway says is none. */
const isOurs = (name: string): boolean =>
  /^(?:forwarded|x-forwarded-.*|via|x-request-id|te|connection|content-length|transfer-encoding)$/i.test(
    name,
  )
