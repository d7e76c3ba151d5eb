// The files of the web page. There are few and they are small: each is read when it is asked for.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refuse, type Refusal, type Reply } from './reply.ts'

const types: ReadonlyMap<string, string> = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['chat.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
  ...['app', 'calls', 'demo', 'live', 'sse', 'view'].map((name): [string, string] => [
    `${name}.js`,
    'text/javascript; charset=utf-8',
  ]),
])

/** Nothing but our own files, no inline code, no frame, no form that leads elsewhere. */
const contentSecurity = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** `name` is one of the files, or empty for the page itself. */
export function pageFile(name: string): Reply | Refusal {
  const file = name === '' ? 'index.html' : name
  const type = types.get(file)
  if (type === undefined) return refuse('NOT_FOUND', 'The page has no such file.')
  return {
    status: 200,
    headers: {
      'Content-Type': type,
      'Content-Security-Policy': contentSecurity,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    },
    body: readFileSync(join(import.meta.dirname, 'web', file)),
  }
}
