// What the soak sends: whole requests, made once, each with the status that must answer it.
import type { Random } from '../../src/base.ts'

export interface SoakRequest {
  readonly status: number
  /** Of a hundred, how many are of this kind. */
  readonly weight: number
  readonly kept: Buffer
  /** The same as the last one of its connection. */
  readonly closing: Buffer
}

const octets = 'Content-Type: application/octet-stream'

export const soakRequests: readonly SoakRequest[] = [
  made(200, 44, 'GET /items/item7'),
  made(200, 15, 'GET /items?limit=100'),
  made(201, 25, 'POST /orders', [], orderOf(2)),
  made(201, 4, 'POST /orders', [], orderOf(150)),
  made(400, 4, 'POST /orders', [], '{"lines":[{"sku":"abc","quantity":-1}]}'),
  made(400, 2, 'GET /items?limit=many'),
  made(404, 2, 'GET /nowhere'),
  made(200, 2, 'GET /files/f1'),
  made(200, 1, 'PUT /files/f1', [octets], 'u'.repeat(64 * 1024)),
  chunked(
    200,
    1,
    'PUT /files/f2',
    Array.from({ length: 16 }, () => 'c'.repeat(4 * 1024)),
  ),
]

/** Every request once for each of its hundredth parts, so that one look-up picks by weight. */
const byWeight = soakRequests.flatMap((one) => Array.from({ length: one.weight }, () => one))

export const pickRequest = (random: Random): SoakRequest =>
  byWeight[Math.floor(random() * byWeight.length)]!

function orderOf(lines: number): string {
  const line = { sku: 'ABC-12345', quantity: 3, title: 'A thing of beauty is a joy for ever' }
  return JSON.stringify({ lines: Array.from({ length: lines }, () => line) })
}

function made(
  status: number,
  weight: number,
  line: string,
  fields: readonly string[] = [],
  body?: string,
): SoakRequest {
  const own = body === undefined ? [] : [`Content-Length: ${body.length}`]
  const type = body === undefined || fields.length > 0 ? [] : ['Content-Type: application/json']
  return inBoth(status, weight, line, [...fields, ...type, ...own], body ?? '')
}

function chunked(
  status: number,
  weight: number,
  line: string,
  chunks: readonly string[],
): SoakRequest {
  const sized = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
  const body = `${sized.join('')}0\r\n\r\n`
  return inBoth(status, weight, line, [octets, 'Transfer-Encoding: chunked'], body)
}

function inBoth(
  status: number,
  weight: number,
  line: string,
  fields: readonly string[],
  body: string,
): SoakRequest {
  const bytes = (more: readonly string[]) =>
    Buffer.from(
      `${[`${line} HTTP/1.1`, 'Host: api.test', ...fields, ...more].join('\r\n')}\r\n\r\n${body}`,
    )
  return { status, weight, kept: bytes([]), closing: bytes(['Connection: close']) }
}
