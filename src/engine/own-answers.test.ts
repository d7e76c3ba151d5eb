// What a listener answers by itself, and what it leaves to the policies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stream } from '../http.ts'
import { ownAnswer } from './own-answers.ts'

const answers = new Map([['token', 'token.thumbprint']])
const challenge = '/.well-known/acme-challenge/token'

interface Row {
  readonly says: string
  readonly target: string
  readonly method?: string
  readonly host?: string
  readonly isSecure?: boolean
  readonly httpsPort?: number
  readonly want: string | false | 'refused'
}

const rows: readonly Row[] = [
  { says: 'a challenge', target: challenge, want: '200 token.thumbprint' },
  {
    says: 'a challenge before it is sent on',
    target: challenge,
    httpsPort: 443,
    want: '200 token.thumbprint',
  },
  { says: 'a challenge on https', target: challenge, isSecure: true, want: '200 token.thumbprint' },
  { says: 'HEAD of a challenge', target: challenge, method: 'HEAD', want: '200 ' },
  { says: 'another token', target: `${challenge}2`, want: false },
  { says: 'an inherited token', target: '/.well-known/acme-challenge/__proto__', want: false },
  { says: 'another path', target: '/notes', want: false },
  {
    says: 'a path in clear',
    target: '/notes?a=b',
    httpsPort: 443,
    want: '308 https://api.test/notes?a=b',
  },
  { says: 'another port', target: '/', httpsPort: 8443, want: '308 https://api.test:8443/' },
  {
    says: 'the port of http',
    target: '/',
    host: 'api.test:80',
    httpsPort: 443,
    want: '308 https://api.test/',
  },
  { says: 'an address', target: '/', host: '[::1]:80', httpsPort: 443, want: '308 https://[::1]/' },
  {
    says: 'the whole server',
    target: '*',
    method: 'OPTIONS',
    httpsPort: 443,
    want: '308 https://api.test/',
  },
  { says: 'https itself', target: '/', isSecure: true, httpsPort: 443, want: false },
  { says: 'no host', target: '/', host: '', httpsPort: 443, want: 'refused' },
]

for (const {
  says,
  target,
  method = 'GET',
  host = 'api.test',
  isSecure = false,
  httpsPort,
  want,
} of rows) {
  test(`${says}: ${want === false ? 'left to the policies' : want}`, () => {
    let status = ''
    let location = ''
    let body = ''
    const stream = {
      head: { method, target, path: target.split('?')[0]!, host },
      peer: { isSecure },
      attach() {},
      sendHead(text: string, lines: string) {
        status = text.slice(0, 3)
        location = /^Location: (.*)\r\n/m.exec(lines)?.[1] ?? ''
        assert.match(lines, /\r\nDate: now\r\n$/)
      },
      sendPiece: (piece: string) => (body += piece) !== '',
      sendEnd() {},
    } as unknown as Stream
    const found = ownAnswer(stream, { answers, httpsPort, httpDate: () => 'now' })
    if (want === false) assert.equal(found, false)
    else if (want === 'refused') assert.ok(typeof found === 'object' && found.code)
    else assert.equal(`${status} ${location}${body}`, want)
  })
}
