// Runs a page of the manual: what it shows is what happens. A page holds blocks of these kinds, and
// prose between them that nobody runs:
//
//   yaml file=openapi.yaml     the contract; `file=concordat.yaml` its configuration: from here on
//   http service               the reply of the service behind, from here on (else it says 200 `ok`);
//                              nothing: it closes
//   http                       a request, and behind it the reply that it gets
//   http raw                   the same byte for byte: `\r\n`, `\t` and the like are written out
//   http sent                  lines of what the service got for the request before
//
// In a reply `…` stands for anything, fields that are not shown may be there, and white space of
// bodies does not count.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import type { TestContext } from 'node:test'
import { gatewayOf } from '../test/gateway.ts'

interface Block {
  readonly info: string
  readonly text: string
  readonly line: number
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  for (const found of page.matchAll(/^```(?<info>[^\n`]*)\n(?<text>[^]*?)^```$/gm)) {
    const line = page.slice(0, found.index).split('\n').length
    blocks.push({ info: found.groups!['info']!, text: found.groups!['text']!, line })
  }
  return blocks
}

/** How many exchanges it has run. */
export async function runPage(t: TestContext, name: string, page: string): Promise<number> {
  const run = new PageRun(t, name)
  const blocks = blocksOf(page)
  // A page that shows its files last runs with them all the same.
  if (fileOf(blocks[0]?.info ?? '') !== 'openapi.yaml') run.begin(blocks)
  for (const block of blocks) await run.take(block)
  return run.exchanges
}

const fileOf = (info: string): string | undefined =>
  /^yaml file=(?<file>\S+)$/.exec(info)?.groups?.['file']

class PageRun {
  exchanges = 0
  readonly #t: TestContext
  readonly #name: string
  readonly #files = new Map<string, string>()
  #service: RawService | undefined
  #port: number | undefined

  constructor(t: TestContext, name: string) {
    this.#t = t
    this.#name = name
  }

  /** With each file as it first stands. */
  begin(blocks: readonly Block[]): void {
    for (const { info, text } of blocks.toReversed()) {
      const file = fileOf(info)
      if (file !== undefined) this.#files.set(file, text)
    }
  }

  async take({ info, text, line }: Block): Promise<void> {
    const file = fileOf(info)
    const place = `${this.#name}:${line}`
    if (file !== undefined) {
      this.#files.set(file, text)
      this.#port = undefined
      return
    }
    if (info === 'http service') {
      ;(await this.#behind()).reply = text.trim() === '' ? '' : bytesOf(text)
    } else if (info === 'http sent') {
      this.#checkSent(text, place)
    } else if (info === 'http' || info === 'http raw') {
      await this.#exchange(text, info === 'http raw', place)
      this.exchanges++
    }
  }

  async #behind(): Promise<RawService> {
    this.#service ??= await RawService.open(this.#t)
    return this.#service
  }

  async #gateway(): Promise<number> {
    if (this.#port !== undefined) return this.#port
    const { port } = await this.#behind()
    const contract = this.#files.get('openapi.yaml')
    assert.ok(contract !== undefined, `${this.#name} shows its contract first`)
    const to = [`http://127.0.0.1:${port}`]
    const config = this.#files.get('concordat.yaml')
    this.#port = await gatewayOf(this.#t, { contract, to, ...(config && { config }) })
    return this.#port
  }

  async #exchange(text: string, isRaw: boolean, place: string): Promise<void> {
    const at = text.search(/^HTTP\/1\.[01] /m)
    assert.ok(at >= 0, `${place}: a request has its reply behind it`)
    const request = text.slice(0, at).replace(/\n+$/, '')
    const sent = isRaw ? unescaped(request) : withFraming(request)
    const got = await answered(await this.#gateway(), sent)
    const want = text.slice(at).trimEnd()
    const why = unlike(want, got)
    assert.ok(why === undefined, `${place}: ${why}\n\nshown:\n${want}\n\ngot:\n${got}`)
  }

  #checkSent(text: string, place: string): void {
    const got = this.#service?.last.split('\r\n') ?? []
    for (const line of text.trimEnd().split('\n')) {
      const holds = got.some((one) => matches(line, one))
      assert.ok(holds, `${place}: the service did not get '${line}' but\n${got.join('\n')}`)
    }
  }
}

/** A service that answers each request with the same bytes, and remembers the last one. */
class RawService {
  reply = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok'
  last = ''
  readonly #server: Server

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      let got = ''
      socket.on('error', () => undefined)
      socket.setEncoding('latin1').on('data', (piece: string) => {
        got += piece
        const end = endOf(got)
        if (end === undefined) return
        this.last = got
        got = ''
        // Bytes that no length frames end with the connection.
        if (this.reply === '') socket.end()
        else if (/^content-length:|^transfer-encoding:/im.test(this.reply))
          socket.write(this.reply, 'latin1')
        else socket.end(this.reply, 'latin1')
      })
    })
  }

  static async open(t: TestContext): Promise<RawService> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    return new RawService(server)
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }
}

/** Where a request ends; undefined while it does not. */
function endOf(got: string): number | undefined {
  const head = got.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  if (/^transfer-encoding:/im.test(got.slice(0, head))) {
    return /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(got) ? got.length : undefined
  }
  const length = Number(/^content-length: (?<length>\d+)/im.exec(got)?.groups?.['length'] ?? 0)
  return got.length >= head + 4 + length ? head + 4 + length : undefined
}

/** A message as it is written in a page, with the line ends and the length that it needs. */
function bytesOf(text: string): string {
  const [head = '', ...rest] = text.replace(/\n$/, '').split('\n\n')
  const body = rest.join('\n\n')
  const isFramed = /^(?:content-length|transfer-encoding):/im.test(head)
  const lines = head.split('\n')
  if (!isFramed && (body !== '' || head.startsWith('HTTP'))) {
    lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n${Buffer.from(body).toString('latin1')}`
}

function withFraming(request: string): string {
  const [line = '', ...rest] = request.split('\n')
  const own = /^host:/im.test(request) ? [] : ['Host: api.test']
  const first = / HTTP\/1\.[01]$/.test(line) ? line : `${line} HTTP/1.1`
  return bytesOf([first, ...own, 'Connection: close', ...rest].join('\n'))
}

/** Each line ends as it says itself. */
const unescaped = (text: string): string =>
  text
    .replaceAll('\n', '')
    .replaceAll(
      /\\(?:x(?<hex>[0-9a-f]{2})|(?<letter>[rnt0\\]))/g,
      (_, hex: string, letter: string) =>
        hex === undefined ? letters[letter]! : String.fromCharCode(Number.parseInt(hex, 16)),
    )

const letters: Readonly<Record<string, string>> = {
  r: '\r',
  n: '\n',
  t: '\t',
  '0': '\0',
  '\\': '\\',
}

/** All that comes until the connection ends, or stands still once a reply is there. */
async function answered(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let got = ''
  socket.on('error', () => undefined)
  socket.setEncoding('latin1').on('data', (piece: string) => {
    got += piece
    const end = got.startsWith('HTTP/1.1 1') ? undefined : endOf(got)
    if (end !== undefined && !/^connection: close/im.test(got)) socket.end()
  })
  socket.write(bytes, 'latin1')
  await once(socket, 'close')
  return Buffer.from(got, 'latin1').toString('utf8')
}

/** Why a reply is not what is shown; undefined where it is. */
function unlike(want: string, got: string): string | undefined {
  const [wantHead = '', ...wantRest] = want.split('\n\n')
  const [gotHead = '', ...gotRest] = got.split('\r\n\r\n')
  const [status = '', ...fields] = wantHead.split('\n')
  const [gotStatus = '', ...gotFields] = gotHead.split('\r\n')
  if (!matches(status, gotStatus)) return `the status is '${gotStatus}'`
  const missing = fields.find((field) => !gotFields.some((one) => matches(field, one)))
  if (missing !== undefined) return `no field is '${missing}'`
  if (wantRest.length === 0) return undefined
  const [wantBody, gotBody] = [wantRest.join('\n\n'), gotRest.join('\r\n\r\n')].map((text) =>
    text.replaceAll(/\s+/g, ''),
  )
  return matches(wantBody!, gotBody!) ? undefined : 'the body differs'
}

/** Whether a text is as shown, `…` standing for anything. */
function matches(shown: string, got: string): boolean {
  const parts = shown
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('[^]*')}$`).test(got)
}
