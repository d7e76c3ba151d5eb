import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as zod from 'zod'
import type { Problem, Refusal } from '../base.ts'
import { ip, type IpConfig } from './ip.ts'
import type { Blob } from './policy.ts'
import { exchangeWith, operationWith, siteWith, toolsWith } from './testing.ts'

const place = { file: 'concordat.yaml', line: 3, column: 5 }

/** What the policy says to addresses: the reason of its refusal, or nothing. Through JSON. */
function linked(config: IpConfig, texts: Readonly<Record<string, string>> = {}) {
  const blobs: Blob[] = []
  const said: string[] = []
  const plan = ip.compile(config, {
    ...siteWith(operationWith()),
    place,
    report: ({ severity, message }: Problem) => said.push(`${severity} ${message}`),
    file: (name) => (name in texts ? { path: `/${name}`, text: texts[name]! } : undefined),
    blob(_, make) {
      const blob = { number: blobs.length, bytes: make() }
      blobs.push(blob)
      return blob
    },
  })
  assert.ok(plan !== undefined)
  assert.equal(ip.phase, 'admit')
  const tools = { ...toolsWith(), blob: (number: number) => blobs[number]!.bytes }
  const step = ip.link(JSON.parse(JSON.stringify(plan)), tools)
  const verdictOn = (address: string) => step(exchangeWith([], undefined, address))
  return { said, verdictOn: (address: string) => verdictOn(address) as Refusal | undefined }
}

const denied = 'in a deny list of api'
const stranger = 'in no allow list of api'

type Row = [says: string, config: IpConfig, reasons: Record<string, string | undefined>]

const rows: readonly Row[] = [
  [
    'a deny list refuses those in it',
    { deny: ['10.0.0.0/8', '2001:db8::/32'] },
    { '10.1.2.3': denied, '2001:db8::1': denied, '11.0.0.1': undefined, '::1': undefined },
  ],
  [
    'an allow list refuses all others',
    { allow: ['10.0.0.0/8'] },
    { '10.1.2.3': undefined, '11.0.0.1': stranger, '::1': stranger, unknown: stranger },
  ],
  [
    'a deny list wins over an allow list',
    { allow: ['10.0.0.0/8'], deny: ['10.0.0.7'] },
    { '10.0.0.6': undefined, '10.0.0.7': denied, '11.0.0.1': stranger },
  ],
  [
    'files and own entries are one list',
    { allow: ['10.0.0.1'], allowFiles: ['a.txt', 'b.txt'], denyFiles: ['c.txt'] },
    { '10.0.0.1': undefined, '10.0.0.2': undefined, '10.0.0.3': undefined, '10.0.0.4': denied },
  ],
  ['an empty allow list refuses everybody', { allow: [] }, { '10.0.0.1': stranger }],
  ['an empty file that allows refuses everybody', { allowFiles: ['d.txt'] }, { '::1': stranger }],
  ['an empty file that denies refuses nobody', { denyFiles: ['d.txt'] }, { '::1': undefined }],
]

const texts = { 'a.txt': '10.0.0.2\n', 'b.txt': '10.0.0.3', 'c.txt': '10.0.0.4\n', 'd.txt': '#\n' }

for (const [says, config, reasons] of rows) {
  test(says, () => {
    const { verdictOn } = linked(config, texts)
    const found = Object.keys(reasons).map((address) => [address, verdictOn(address)?.reason])
    assert.deepEqual(Object.fromEntries(found), reasons)
  })
}

test('what a client is told says nothing of the list', () => {
  const { verdictOn } = linked({ deny: ['10.0.0.1'] })
  const { reason, ...told } = verdictOn('10.0.0.1')!
  assert.equal(reason, denied)
  assert.deepEqual(told, {
    code: 'ADDRESS_DENIED',
    message: 'This address may not call the API.',
  })
})

test('an allow list that admits nobody is warned of, a deny list that denies nobody is not', () => {
  const warning = 'warning the allow list of api is empty: every request is refused'
  assert.deepEqual(linked({ allow: [] }).said, [warning])
  assert.deepEqual(linked({ allowFiles: ['d.txt'] }, texts).said, [warning])
  assert.deepEqual(linked({ allow: ['::1'], allowFiles: ['d.txt'] }, texts).said, [])
  assert.deepEqual(linked({ denyFiles: ['d.txt'] }, texts).said, [])
})

test('nothing that is listed is nothing to do', () => {
  assert.equal(ip.compile({}, siteWith(operationWith())), undefined)
  assert.equal(ip.compile({ deny: [] }, siteWith(operationWith())), undefined)
})

test('an entry that is no range is said to be none, with what was meant', () => {
  const parsed = ip.schema(zod.z).safeParse({ deny: ['10.0.0.1/8'] })
  const want = "'10.0.0.1/8' has bits set beyond its prefix; did you mean 10.0.0.0/8?"
  assert.equal(parsed.error?.issues[0]?.message, want)
})
