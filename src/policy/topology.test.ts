import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { exchangeWith, operationWith, siteWith, toolsWith } from './testing.ts'
import { topology } from './topology.ts'

const config = { internalHosts: ['billing.example.com', '*.corp.example'] }

function mapped(name: string, value: string): string | undefined {
  const plan = topology.compile(config, siteWith(operationWith()) as never)
  assert.ok(plan !== undefined && topology.phase === 'several')
  const tools = { ...toolsWith(), upstreamHosts: new Set(['chat.svc', '10.0.0.7', 'fd00::7']) }
  const { mapped: fields } = topology.link(plan, tools)
  assert.ok(fields !== undefined)
  assert.ok(fields.names.includes(name))
  const sentTo = { authority: 'chat.svc:3000', basePath: '/internal/api' }
  const exchange = exchangeWith([])
  const request = { ...exchange.request, host: 'api.test:8080' }
  return fields.map(name, value, { ...exchange, request, sentTo })
}

const locations: readonly [says: string, value: string, want: string | undefined][] = [
  ["an endpoint's address becomes a path here", 'http://chat.svc:3000/a/b?c=d#e', '/a/b?c=d#e'],
  ['whatever its port and case', 'HTTPS://CHAT.SVC:9/a', '/a'],
  ['with a dot behind', 'http://chat.svc./a', '/a'],
  ['without a scheme', '//chat.svc:3000/a', '/a'],
  ['without a path', 'http://10.0.0.7:3000', '/'],
  ['with a query alone', 'http://10.0.0.7?a=b', '/?a=b'],
  ['in IPv6', 'http://[fd00::7]:3000/a', '/a'],
  ['with a user, who stays inside', 'http://u:p@chat.svc/a', '/a'],
  ["what stands before the service's paths goes", 'http://chat.svc/internal/api/a', '/a'],
  ['in a path too', '/internal/api/a?b', '/a?b'],
  ['all of it', '/internal/api', '/'],
  ['but no more than that', '/internal/apis/a', '/internal/apis/a'],
  ['a path stays', '/notes/1', '/notes/1'],
  ['a relative path stays', 'notes/1', 'notes/1'],
  ['a public address stays', 'https://example.com/a', 'https://example.com/a'],
  ['our own address stays', 'http://API.test:8080/a', 'http://API.test:8080/a'],
  ['an address of a private network goes', 'http://192.168.4.1/a', undefined],
  ['a name without a domain goes', 'http://orders:8080/a', undefined],
  ['a cluster name goes', 'http://orders.shop.svc.cluster.local/a', undefined],
  ['a listed host goes', 'https://billing.example.com/a', undefined],
  ['a host of a listed domain goes', 'https://a.corp.example/a', undefined],
  ['the host of metadata goes', 'http://169.254.169.254/latest', undefined],
  ['an authority that cannot be read goes', 'http://a b/c', undefined],
  ['a slash that some read backwards goes', '/\\chat.svc/a', undefined],
  ['the query behind it goes on', '/internal/api?a=b', '/?a=b'],
  ['slashes that are missing hide nobody', 'http:orders/a', undefined],
  ['nor those too many', 'https:///orders/a', undefined],
  ['nor tabs between', 'ht\ttp://orders/a', undefined],
  ['nor in front of a second slash', '/\t/orders/a', undefined],
  ['nor a backslash behind the endpoint', 'http://chat.svc/\\orders/a', undefined],
  ['nor dots behind', 'http://billing.example.com../a', undefined],
  ['nor numbers of another base', 'http://0x7f.1/a', undefined],
  ['nor a single number', 'http://2130706433/a', undefined],
  ['nor numbers with zeros', 'http://0177.0.0.1/a', undefined],
  ['nor IPv4 in IPv6', 'http://[::ffff:a00:7]/a', '/a'],
  ['nor all zeros of IPv6', 'http://[0:0:0:0:0:0:0:1]/a', undefined],
  ['an endpoint is known in any IPv6', 'http://[FD00:0::0:7]/a', '/a'],
  ['nor digits that are no ASCII', 'http://\xef\xbc\x91\xef\xbc\x90.1.1.1/a', undefined],
  ['nor escapes', 'http://%31%30.1.1.1/a', undefined],
  ['a file goes', 'file:///etc/passwd', undefined],
  ['an address of an app stays', 'com.example.app:/done', 'com.example.app:/done'],
  ['a backslash in a query is none of ours', '/a?b=\\c', '/a?b=\\c'],
  ['what would become a host is none', 'http://chat.svc//evil.test/a', '/evil.test/a'],
]
for (const [says, value, want] of locations) {
  test(`Location: ${says}`, () => assert.equal(mapped('location', value), want))
}

const links: readonly [says: string, value: string, want: string | undefined][] = [
  [
    'each by itself',
    '<http://chat.svc/a?cursor=x>; rel="next", <https://example.com/b>; rel=license',
    '</a?cursor=x>; rel="next", <https://example.com/b>; rel=license',
  ],
  [
    'one that must not be sent goes',
    '<http://10.1.1.1/a>; rel=up, </b>; rel=next',
    '</b>; rel=next',
  ],
  ['all of them', '<http://10.1.1.1/a>; rel=up', undefined],
  ['commas in quotes part nothing', '</a>; title="x, <http://y/>"', '</a>; title="x, <http://y/>"'],
  ['an anchor elsewhere goes', '</a>; rel=up; anchor="http://orders/"', undefined],
  ['without a scheme too', '</a>; rel=up; anchor="//orders/"', undefined],
  ['and in a spelling of its own', '</a>; rel=up;anchor = http:/orders', undefined],
  ['or behind backslashes', String.raw`</a>; rel=up; anchor="\h\ttp://orders/"`, undefined],
  ['a space in front of a target does not hide it', '< http://orders/>; rel=up', undefined],
  ['a relation that is named by an address, too', '</a>; rel="next http://orders/r"', undefined],
  ['words are no parameters', '</a>; title="an anchor = rel"', '</a>; title="an anchor = rel"'],
  ['an anchor within stays', '</a>; rel=up; anchor="#b"', '</a>; rel=up; anchor="#b"'],
  ['a public one, too', '</a>; anchor="http://b.test/"', '</a>; anchor="http://b.test/"'],
  ['what cannot be read goes', 'http://chat.svc/a; rel=next', undefined],
]
for (const [says, value, want] of links) {
  test(`Link: ${says}`, () => assert.equal(mapped('link', value), want))
}

const cookies: readonly [says: string, value: string, want: string][] = [
  ['without a domain it stays', 'a=b; Path=/; HttpOnly', 'a=b; Path=/; HttpOnly'],
  ['a public domain stays', 'a=b; Domain=example.com', 'a=b; Domain=example.com'],
  ['an internal one goes', 'a=b; Domain=.chat.svc; Secure', 'a=b; Secure'],
  ['in any spelling', 'a=b; DOMAIN = .Chat.Svc. ; Secure', 'a=b; Secure'],
  ['one that cannot be read goes', 'a=b; Domain=%63hat.svc; Secure', 'a=b; Secure'],
  ['its path loses what is not public', 'a=b; Path=/internal/api/x', 'a=b; Path=/x'],
  ["its value is nobody else's", 'a=http://chat.svc/', 'a=http://chat.svc/'],
]
for (const [says, value, want] of cookies) {
  test(`Set-Cookie: ${says}`, () => assert.equal(mapped('set-cookie', value), want))
}

test('Refresh: its address is mapped', () => {
  assert.equal(mapped('refresh', '5; url=http://chat.svc/a'), '5; url=/a')
  assert.equal(mapped('refresh', '5'), '5')
  assert.equal(mapped('refresh', '5; url=http://orders/a'), undefined)
  assert.equal(mapped('refresh', 'http://orders/a'), undefined)
  assert.equal(mapped('refresh', '5;http://orders/a'), undefined)
  assert.equal(mapped('refresh', '5 http://orders/a'), undefined)
  assert.equal(mapped('refresh', `5, URL = 'http://chat.svc/a' b`), `5, URL = '/a'`)
})

test('a long value that cannot be read is given up, however it is made', () => {
  for (const piece of [';', '; ', '\\', 'a ', ' ']) {
    const value = `</a>; ${piece.repeat(8_001)}x`
    assert.equal(mapped('link', value), piece === 'a ' ? undefined : value)
  }
  assert.equal(mapped('link', `</a>; ${'"'.repeat(8_001)}`), undefined)
  assert.equal(mapped('refresh', `5; url=${' '.repeat(8_000)}x"`), `5; url=${' '.repeat(8_000)}x"`)
})

test('public and partner have it, internal has not', () => {
  assert.deepEqual(topology.defaultFor('public'), { internalHosts: [] })
  assert.deepEqual(topology.defaultFor('partner'), { internalHosts: [] })
  assert.equal(topology.defaultFor('internal'), undefined)
})

test('an inner level that hides fewer hosts is looser', () => {
  assert.equal(topology.looser?.(config, { internalHosts: ['*.corp.example'] }) !== undefined, true)
  assert.equal(topology.looser?.({ internalHosts: [] }, config), undefined)
})

test('only hosts are hosts', () => {
  for (const host of ['http://a', 'a/b', 'a:80', '*', '*.*.a', '']) {
    assert.equal(topology.schema(z).safeParse({ internalHosts: [host] }).success, false)
  }
})
