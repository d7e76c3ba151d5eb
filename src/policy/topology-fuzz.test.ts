// Whatever a service writes, no browser gets to a host that only the inside knows: its own reader of
// addresses (WHATWG URL) is the judge of what is let through.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exchangeWith, operationWith, siteWith, toolsWith } from './testing.ts'
import { topology } from './topology.ts'

const bases = ['http://public.test/dir/page', 'https://public.test/']
const publicHosts = ['public.test', 'example.com']

function mapped(name: string, value: string): string | undefined {
  const plan = topology.compile(
    { internalHosts: ['billing.example.net', '*.corp.example'] },
    siteWith(operationWith()) as never,
  )
  assert.ok(plan !== undefined && topology.phase === 'several')
  const upstreamHosts = new Set(['chat.svc', '203.0.113.9', '2001:db8::7'])
  const { mapped: fields } = topology.link(plan, { ...toolsWith(), upstreamHosts })
  const exchange = exchangeWith([])
  const request = { ...exchange.request, host: 'public.test' }
  const sentTo = { authority: 'chat.svc:3000', basePath: '/base' }
  return fields!.map(name, value, { ...exchange, request, sentTo })
}

const octets = ['203.0.113.9', '10.0.0.7', '127.0.0.1', '169.254.169.254'].map((text) =>
  text.split('.').map(Number),
)

/** IPv4 as `inet_aton` takes it: fewer parts, other bases, the rest in the last part. */
const oddNumbers = fc
  .tuple(
    fc.constantFrom(...octets),
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom(['0', 8], ['', 10], ['0x', 16], ['0X', 16]) as fc.Arbitrary<[string, number]>,
  )
  .map(([parts, count, [prefix, base]]) => {
    const rest = parts.slice(count - 1).reduce((sum, part) => sum * 256 + part, 0)
    const written = [...parts.slice(0, count - 1), rest]
    return written.map((part) => prefix + part.toString(base)).join('.')
  })

const names = fc.constantFrom(
  'chat.svc',
  'orders',
  'billing.example.net',
  'a.corp.example',
  'db.internal',
  'localhost',
  'example.com',
  '[2001:db8::7]',
  '[2001:0DB8:0::0:7]',
  '[::1]',
  '[0:0::1]',
  '[::ffff:10.0.0.7]',
  '[::FFFF:cb00:7109]',
  '[::127.0.0.1]',
  '[fd00::1]',
  '[fe80::1]',
  '[64:ff9b::10.0.0.7]',
)

/** As a header field holds it: bytes, one a character. */
const wide = (text: string): string =>
  Buffer.from(
    text.replace(/[\d.]/g, (one) =>
      one === '.' ? '。' : String.fromCharCode(0xfee0 + one.charCodeAt(0)),
    ),
  ).toString('latin1')

const disguises: readonly ((host: string) => string)[] = [
  (host) => host,
  (host) => host.toUpperCase(),
  (host) => `${host}.`,
  (host) => `${host}..`,
  (host) => `%${host.charCodeAt(0).toString(16)}${host.slice(1)}`,
  (host) => `${host[0]}\t${host.slice(1)}`,
  (host) => `${host[0]}\u00c2\u00ad${host.slice(1)}`,
  wide,
]

/** What browsers take for the beginning of an address, and what only looks so. */
const beginnings = [
  ['http://', 'HTTPS://', 'ws://', 'ftp:', 'foo://', 'file://', '//', '///', ''],
  ['http:/', 'http:', 'https:', 'https:///', 'http:?//', 'http:#//', 'http:public.test/'],
  ['https:\\\\', '\\\\', '/\\', '\\/', '.\\/', '/base/\\', 'http://chat.svc/\\'],
  ['ht\ttp://', ' http://', '/\t/', '\t//', '\u0000//', '\u001fhttps:', '//203.0.113.9/base/\t/'],
  ['/base//', '/base/', '/.//', '/..//', './/', 'http://chat.svc//', 'http://chat.svc/base//'],
  ['http://public.test/..//'],
].flat()

const addresses = fc
  .tuple(
    fc.constantFrom(...beginnings),
    fc.constantFrom('', '', 'u@', 'u:p@', 'public.test@', 'public.test\\@', '@', 'public.test:80@'),
    fc.oneof(names, oddNumbers),
    fc.constantFrom(...disguises),
    fc.constantFrom('', '', ':80', ':', ':065535', ':99999'),
    fc.constantFrom('', '/', '/a', '?b', '#c', '/\\d', '//e', '\\f', ' ', '@public.test', '/a b'),
  )
  .map(([scheme, user, host, disguise, port, rest]) => scheme + user + disguise(host) + port + rest)

function assertPublic(text: string | undefined, given: string): void {
  if (text === undefined) return
  // Some take the bytes of a field for latin1, some for UTF-8.
  for (const read of [text, Buffer.from(text, 'latin1').toString()]) {
    for (const base of bases) {
      if (!URL.canParse(read, base)) continue
      const { hostname, protocol } = new URL(read, base)
      const isOpaque = hostname === '' && !/^(?:https?|ftp|wss?|file):$/.test(protocol)
      const says: string = `${JSON.stringify(given)} leaves as ${JSON.stringify(text)}`
      assert.ok(isOpaque || publicHosts.includes(hostname.toLowerCase().replace(/\.+$/, '')), says)
    }
  }
}

const runs = { numRuns: 5_000 }

test('no Location leads to a host of the inside', () => {
  const law = fc.property(addresses, (value) => assertPublic(mapped('location', value), value))
  fc.assert(law, runs)
})

test('no target and no anchor of a Link does', () => {
  const law = fc.property(addresses, fc.boolean(), fc.boolean(), (value, inAnchor, isQuoted) => {
    const quote = isQuoted ? '"' : ''
    const given = inAnchor ? `</a>; anchor=${quote}${value}${quote}` : `<${value}>; rel=next`
    const text = mapped('link', given)
    const found = text && /^<([^>]*)>(?:; anchor="?([^"]*)"?)?/.exec(text)
    if (found) for (const one of [found[1]!, found[2] ?? '']) assertPublic(one, given)
  })
  fc.assert(law, runs)
})

/** The steps of the HTML standard for `http-equiv=refresh`, which browsers follow for the field. */
function refreshTarget(value: string): string | undefined {
  const found = /^\s*[\d.]+(?=[\s;,])\s*[;,]?\s*([^]*)$/.exec(value)
  const rest = found?.[1]?.replace(/^url\s*=\s*/i, '')
  if (rest === undefined || rest === '') return undefined
  return /^["']/.test(rest) ? rest.slice(1).split(rest[0]!, 1)[0] : rest
}

test('no Refresh does, however it is written', () => {
  const starts = [
    '0;url=',
    '5; URL = ',
    '0,',
    '.5 ',
    '0 ; ',
    "0;url='",
    '0;url="',
    "1 '",
    '0;;url=',
  ]
  const law = fc.property(fc.constantFrom(...starts), addresses, (start, value) => {
    const given = start + value
    const text = mapped('refresh', given)
    if (text !== undefined) assertPublic(refreshTarget(text), given)
  })
  fc.assert(law, runs)
})

test('no cookie is set for a host of the inside', () => {
  const hosts = fc.tuple(fc.oneof(names, oddNumbers), fc.constantFrom(...disguises))
  const law = fc.property(hosts, fc.constantFrom('', '.', ' .'), ([host, disguise], dot) => {
    const domain = dot + disguise(host)
    const text = mapped('set-cookie', `a=b; Domain=${domain}`)!
    const [, kept] = /Domain=\s*\.?(.*)$/.exec(text) ?? []
    if (kept !== undefined) assertPublic(`//${kept}`, domain)
  })
  fc.assert(law, runs)
})
