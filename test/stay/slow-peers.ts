// Clients that are slow in every way, and the service behind those that got so far, in a process of
// their own: who measures other clients must not be held up by them. The parent says where to connect
// and how many of each kind; it is told what became of them.
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import {
  type Counts,
  type Cuts,
  noCuts,
  type SlowKind,
  slowKinds,
  type Standing,
  type Wave,
} from './slow-kinds.ts'

const trickleMs = 200
const downloadBytes = 64 * 1024 * 1024
const piece = Buffer.alloc(64 * 1024, 'slow ')
const addresses = 40
const arrivalEveryMs = 10

const cuts: Record<SlowKind, Cuts> = { ...noCuts }
const strange: Record<string, number> = {}
let opened = 0
let pouredBytes = 0
let number = 0

/** Who reads each download, by its path. */
const readers = new Map<string, SlowKind>()

const service = createServer((request, response) => {
  request.on('error', () => {}).resume()
  response.on('error', () => {})
  if (request.method === 'GET') pour(request.url ?? '', response)
  else request.on('end', () => response.end())
})
service.keepAliveTimeout = 0
service.requestTimeout = 0
service.listen(0, '127.0.0.1', 4_096, () => {
  process.send!((service.address() as AddressInfo).port)
})

/** Sends for as long as it is taken; the cut of the client shows as the end of this connection. */
function pour(path: string, response: ServerResponse): void {
  let left = downloadBytes
  const startMs = performance.now()
  let movedMs = startMs
  response.writeHead(200, { 'content-length': left })
  const more = () => {
    movedMs = performance.now()
    while (left > 0 && !response.destroyed) {
      left -= piece.length
      pouredBytes += piece.length
      if (!response.write(piece)) return
    }
    response.end()
  }
  response.on('drain', more)
  response.on('close', () => {
    const kind = readers.get(path)
    if (kind === undefined) return
    if (left > 0) noteCut(kind, startMs, movedMs)
    else note(`${kind}: a whole reply`)
  })
  more()
}

function noteCut(kind: SlowKind, startMs: number, movedMs: number): void {
  const { count, soonestMs, latestMs } = cuts[kind]
  const nowMs = performance.now()
  cuts[kind] = {
    count: count + 1,
    soonestMs: Math.min(soonestMs, nowMs - startMs),
    latestMs: Math.max(latestMs, nowMs - movedMs),
  }
}

function note(what: string): void {
  strange[what] = (strange[what] ?? 0) + 1
}

function send({ port, counts, arrivalMs }: Wave): void {
  const coming = mixed(counts)
  const startMs = performance.now()
  let came = 0
  const timer = setInterval(() => {
    const due = Math.min(1, (performance.now() - startMs) / arrivalMs) * coming.length
    while (came < due) open(port, coming[came++]!)
    if (came === coming.length) clearInterval(timer)
  }, arrivalEveryMs)
}

/** All of them, each kind spread over the whole. */
function mixed(counts: Counts): SlowKind[] {
  return slowKinds
    .flatMap((kind) => {
      const count = counts[kind] ?? 0
      return Array.from({ length: count }, (_, at) => ({ kind, share: at / count }))
    })
    .toSorted((a, b) => a.share - b.share)
    .map(({ kind }) => kind)
}

function open(port: number, kind: SlowKind): void {
  const path = `/files/${number++}`
  const localAddress = `127.0.0.${2 + (number % addresses)}`
  const socket: Socket =
    kind === 'slow-reader'
      ? connect({ port, host: '127.0.0.1', localAddress, onread: sipping(() => socket) })
      : connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') note(`${kind}: ${error.message}`)
  })
  socket.on('connect', () => {
    opened += 1
    begin[kind](socket, path)
  })
}

const host = 'Host: api.test\r\n'
const upload = `${host}Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n`

const begin: Readonly<Record<SlowKind, (socket: Socket, path: string) => void>> = {
  head(socket, path) {
    watchCut(socket, 'head')
    const text = `GET ${path} HTTP/1.1\r\n${host}X-Padding: ${'x'.repeat(10_000)}`
    let at = 0
    trickle(socket, () => text[at++] ?? 'x')
  },
  'silent-body'(socket, path) {
    watchCut(socket, 'silent-body')
    socket.write(`PUT ${path} HTTP/1.1\r\n${upload}${'b'.repeat(1_000)}`)
  },
  'slow-body'(socket, path) {
    watchCut(socket, 'slow-body')
    socket.write(`PUT ${path} HTTP/1.1\r\n${upload}`)
    trickle(socket, () => 'b')
  },
  'silent-reader'(socket, path) {
    readers.set(path, 'silent-reader')
    socket.pause()
    socket.write(`GET ${path} HTTP/1.1\r\n${host}\r\n`)
  },
  'slow-reader'(socket, path) {
    readers.set(path, 'slow-reader')
    socket.write(`GET ${path} HTTP/1.1\r\n${host}\r\n`)
  },
}

/** Who sends hears of its end: a refusal, or the end of the connection. */
function watchCut(socket: Socket, kind: SlowKind): void {
  const startMs = performance.now()
  let isCut = false
  const cut = () => {
    if (!isCut) noteCut(kind, startMs, startMs)
    isCut = true
  }
  socket.on('data', (data: Buffer) => {
    const status = data.toString('latin1', 9, 12)
    if (!isCut && status !== '408') note(`${kind}: ${status}`)
    cut()
  })
  socket.on('close', cut)
}

function trickle(socket: Socket, next: () => string): void {
  const timer = setInterval(() => socket.write(next()), trickleMs)
  socket.on('close', () => clearInterval(timer))
  socket.on('end', () => clearInterval(timer))
}

/** Takes a sip, then rests. */
function sipping(of: () => Socket) {
  return {
    buffer: Buffer.alloc(2_048),
    callback: () => {
      setTimeout(() => of().resume(), trickleMs)
      return false
    },
  }
}

process.on('message', (wave: Wave) => send(wave))
setInterval(() => {
  if (number === 0) return
  process.send!({ cuts, opened, pouredBytes, strange } satisfies Standing)
}, 100)
process.on('disconnect', () => process.exit(0))
