// A request as text, as `explain --request` takes it: a request line, which may be left out, fields,
// an empty line, the body. Line ends may be those of an editor; what is missing and follows from the
// rest (`Host`, a length) is added. What the gateway would refuse stays as it is written.

export interface Message {
  /** In latin1: the request line and the fields, each with its CRLF. */
  readonly head: string
  readonly body: Buffer
}

export interface MessageParts {
  /** From the command line; undefined: the request line says it. */
  readonly method: string | undefined
  readonly target: string | undefined
  /** `Name: value`, each. */
  readonly fields: readonly string[]
  /** What `Host` says where the request does not. */
  readonly host: string
}

const requestLine = /^(?<method>[^\s:]+) (?<target>\S+) (?<version>HTTP\/\d\.\d)$/

export function readMessage(
  bytes: Buffer,
  { method, target, fields: more, host }: MessageParts,
): Message | { readonly problem: string } {
  const { lines, body } = parted(bytes)
  const line = requestLine.exec(lines[0] ?? '')?.groups
  const isOther = method !== undefined && line !== undefined
  if (isOther && (line['method'] !== method || line['target'] !== target)) {
    return { problem: `the request is ${lines[0]!}, and not ${method} ${target}` }
  }
  const given = { method: method ?? line?.['method'], target: target ?? line?.['target'] }
  if (given.method === undefined || given.target === undefined) {
    return { problem: 'say METHOD PATH, or begin the request with its request line' }
  }
  const fields = [...(line === undefined ? lines : lines.slice(1)), ...more.map(latin1)]
  const content = contentOf(fields, body)
  if ('problem' in content) return content
  const isNamed = valueOf(fields, 'host') !== undefined
  const start = `${given.method} ${given.target} ${line?.['version'] ?? 'HTTP/1.1'}`
  const all = [latin1(start), ...(isNamed ? [] : [`Host: ${host}`]), ...fields, ...content.fields]
  return { head: all.map((one) => `${one}\r\n`).join(''), body: content.body }
}

/** The bytes of a text, each as one character: heads are latin1. */
const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

function parted(bytes: Buffer): { lines: string[]; body: Buffer } {
  const text = bytes.toString('latin1')
  const empty = /(?:^|\r?\n)\r?\n/.exec(text)
  const head = empty === null ? text.replace(/\r?\n$/, '') : text.slice(0, empty.index)
  const body = empty === null ? Buffer.alloc(0) : bytes.subarray(empty.index + empty[0].length)
  return { lines: head === '' ? [] : head.split(/\r?\n/), body }
}

function valueOf(fields: readonly string[], lowerName: string): string | undefined {
  const field = fields.find((one) => one.toLowerCase().startsWith(`${lowerName}:`))
  return field?.slice(lowerName.length + 1).trim()
}

/** A length that the request gives is the one that counts: editors end files with a line end. */
function contentOf(
  fields: readonly string[],
  body: Buffer,
): { fields: string[]; body: Buffer } | { problem: string } {
  const length = valueOf(fields, 'content-length')
  if (length === undefined) {
    const isChunked = valueOf(fields, 'transfer-encoding') !== undefined
    const isFramed = isChunked || body.length === 0
    return { fields: isFramed ? [] : [`Content-Length: ${body.length}`], body }
  }
  // What is no length the gateway will refuse.
  if (!/^\d+$/.test(length)) return { fields: [], body }
  if (Number(length) > body.length) {
    return { problem: `Content-Length is ${length}, and ${body.length} bytes follow the head` }
  }
  return { fields: [], body: body.subarray(0, Number(length)) }
}
