// Reads what the gateway has sent, in the plainest way there is: a claim for other readers to judge.
// Text is latin1.

interface Fields {
  /** All values of a field, by its name in any case. */
  values(name: string): string[]
}

export interface RequestRead {
  readonly method: string
  readonly target: string
  readonly id: string
  readonly text: string
  readonly head: string
  readonly body: string
}

export interface ReplyRead {
  readonly status: number
  readonly id: string
  readonly interims: number
  readonly text: string
  readonly body: string
  readonly framing: 'none' | 'length' | 'chunks' | 'untilClose'
  readonly last: boolean
  readonly whole: boolean
}

interface Body {
  readonly body: string
  readonly end: number
  readonly whole: boolean
}

/** The whole request that begins at `at`; undefined where there is none. */
export function readRequest(text: string, at: number): RequestRead | undefined {
  const headEnd = text.indexOf('\r\n\r\n', at)
  if (headEnd < 0) return undefined
  const head = text.slice(at, headEnd + 4)
  const fields = fieldsOf(head)
  const [method = '', target = ''] = head.slice(0, head.indexOf('\r\n')).split(' ')
  const body = readBody(text, headEnd + 4, fields)
  if (!body.whole) return undefined
  const id = fields.values('x-request-id').join()
  return { method, target, id, head, body: body.body, text: text.slice(at, body.end) }
}

/**
 * Replies in order; the last may not be whole. Which method a reply is to, its request id tells.
 */
export function readReplies(
  text: string,
  methodOf: (id: string) => string | undefined,
  isEnded: boolean,
): { replies: ReplyRead[]; rest: string } {
  const replies: ReplyRead[] = []
  let at = 0
  while (at < text.length) {
    const reply = readReply(text, at, methodOf, isEnded)
    if (reply === undefined) break
    replies.push(reply)
    at += reply.text.length
    if (!reply.whole) break
  }
  return { replies, rest: text.slice(at) }
}

function readReply(
  text: string,
  from: number,
  methodOf: (id: string) => string | undefined,
  isEnded: boolean,
): ReplyRead | undefined {
  let at = from
  let interims = 0
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n', at)
    if (headEnd < 0) return undefined
    const head = text.slice(at, headEnd + 4)
    const status = Number(/^HTTP\/1\.1 (\d{3})[ \r]/.exec(head)?.[1])
    if (!(status >= 100)) return undefined
    at = headEnd + 4
    if (status < 200) {
      interims++
      continue
    }
    const fields = fieldsOf(head)
    const id = fields.values('x-request-id').join()
    const method = methodOf(id)
    if (method === undefined) return undefined
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304
    const framing = hasBody ? framingOf(fields) : 'none'
    const { body, end, whole } = bodyAs(framing, text, at, fields, isEnded)
    return {
      status,
      id,
      interims,
      text: text.slice(from, end),
      body,
      framing,
      whole,
      last: /\bclose\b/.test(fields.values('connection').join()),
    }
  }
}

function framingOf(fields: Fields): ReplyRead['framing'] {
  if (fields.values('transfer-encoding').length > 0) return 'chunks'
  return fields.values('content-length').length > 0 ? 'length' : 'untilClose'
}

function bodyAs(
  framing: ReplyRead['framing'],
  text: string,
  at: number,
  fields: Fields,
  isEnded: boolean,
): Body {
  if (framing === 'none') return { body: '', end: at, whole: true }
  if (framing !== 'untilClose') return readBody(text, at, fields)
  return { body: text.slice(at), end: text.length, whole: isEnded }
}

function readBody(text: string, at: number, fields: Fields): Body {
  if (fields.values('transfer-encoding').length > 0) return readChunks(text, at)
  const [length] = fields.values('content-length')
  const end = at + Number(length ?? 0)
  const isThere = end <= text.length
  return { body: text.slice(at, end), end: isThere ? end : text.length, whole: isThere }
}

function readChunks(text: string, from: number): Body {
  let at = from
  let body = ''
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(text.slice(at, lineEnd), 16)
    if (size === 0) {
      // Trailer lines up to an empty one.
      const last = text.indexOf('\r\n\r\n', lineEnd)
      if (last >= 0) return { body, end: last + 4, whole: true }
    }
    const next = lineEnd + 2 + size
    if (!(size > 0) || text.length < next + 2) return { body, end: text.length, whole: false }
    body += text.slice(lineEnd + 2, next)
    at = next + 2
  }
}

function fieldsOf(head: string): Fields {
  const lines = head.split('\r\n').slice(1, -2)
  return {
    values(name) {
      return lines
        .filter((line) => line.slice(0, line.indexOf(':')).toLowerCase() === name)
        .map((line) => line.slice(line.indexOf(':') + 1).trim())
    },
  }
}
