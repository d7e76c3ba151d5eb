// The head of a request, text as of HTTP/1.1, as the block that HTTP/2 makes of it (RFC 9113 §8.3.1).
import { assert } from '../../base.ts'
import { encodeField, encodeLines, encodeLiteral, literalPrefix } from './hpack-encoder.ts'

const hostName = 'Host: '
const version = ' HTTP/1.1'
/** Means something to connections of HTTP/1.1 alone (RFC 8441 §5). */
const webSocketKey = /^sec-websocket-key:.*\r\n/im

/** `scheme` is `http` or `https`; `tunnel` the protocol that is asked for, where one is. */
export function requestBlock(
  method: string,
  head: string,
  scheme: string,
  tunnel: string | undefined,
): string {
  const lineEnd = head.indexOf('\r\n')
  const path = head.slice(method.length + 1, lineEnd - version.length)
  assert(head.startsWith(hostName, lineEnd + 2), 'Host is the first field of a request')
  const hostEnd = head.indexOf('\r\n', lineEnd + 2)
  const authority = head.slice(lineEnd + 2 + hostName.length, hostEnd)
  const lines = head.slice(hostEnd + 2, -2)
  const place =
    (scheme === 'https' ? https : http) +
    encodeLiteral(authorityPrefix, authority) +
    (path === '/' ? rootPath : encodeLiteral(pathPrefix, path))
  if (tunnel === undefined) return methodBlock(method) + place + encodeLines(lines)
  const asked = connect + encodeField(':protocol', tunnel)
  return asked + place + encodeLines(lines.replace(webSocketKey, ''))
}

// Made once: a look for a text that was cut out of another costs more than to write it.
const http = encodeField(':scheme', 'http')
const https = encodeField(':scheme', 'https')
const get = encodeField(':method', 'GET')
const post = encodeField(':method', 'POST')
const connect = encodeField(':method', 'CONNECT')
const rootPath = encodeField(':path', '/')
const authorityPrefix = literalPrefix(':authority')
const pathPrefix = literalPrefix(':path')
const methodPrefix = literalPrefix(':method')

function methodBlock(method: string): string {
  if (method === 'GET') return get
  return method === 'POST' ? post : encodeLiteral(methodPrefix, method)
}
