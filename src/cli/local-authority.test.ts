// The certificate of `run --tls`: for this machine alone, kept, renewed, and readable by its user
// alone.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { folderWith } from '../../test/folder.ts'
import { makeCertificate } from '../x509.ts'
import { localFiles } from './local-authority.ts'

const dayMs = 86_400_000

function setupIn(folder: string, days = 0) {
  return { folder, hostname: 'Desk.test', epochMs: () => Date.now() + days * dayMs }
}

const read = (path: string): X509Certificate => new X509Certificate(readFileSync(path))

const options = { skip: process.platform === 'win32' ? 'modes mean nothing here' : false }

test('what is made is for this machine, and its user alone reads it', options, (t) => {
  const folder = join(folderWith(t, {}), 'tls')
  const { authority, cert, key, names } = localFiles(setupIn(folder))
  assert.deepEqual(names, ['localhost', '127.0.0.1', '::1', 'desk.test'])
  assert.ok(read(cert).checkIssued(read(authority)))
  for (const path of [key, join(folder, 'authority.key')]) {
    assert.equal(statSync(path).mode & 0o777, 0o600)
  }
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

const handshakes: readonly [says: string, names: readonly string[], want: string | undefined][] = [
  ['this machine', ['localhost', '127.0.0.1'], undefined],
  ['another name', ['bank.test'], 'permitted subtree violation'],
  ['another address', ['10.0.0.1'], 'permitted subtree violation'],
]

for (const [says, names, want] of handshakes) {
  test(`whoever trusts the authority ${want ? 'does not believe' : 'believes'} it for ${says}`, async (t) => {
    const folder = join(folderWith(t, {}), 'tls')
    const { authority } = localFiles(setupIn(folder))
    const issuer = {
      name: /CN=(.*)/.exec(read(authority).subject)![1]!,
      privateKey: (await import('node:crypto')).createPrivateKey(
        readFileSync(join(folder, 'authority.key')),
      ),
    }
    const dates = { validFrom: new Date(Date.now() - dayMs), validTo: new Date(Date.now() + dayMs) }
    const leaf = makeCertificate({ name: 'leaf', names, issuer, ...dates })
    const server = createServer({ cert: leaf.cert, key: leaf.key }).listen(0, '127.0.0.1')
    t.after(() => server.close())
    server.on('tlsClientError', () => {})
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const ca = readFileSync(authority)
    const client = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
    t.after(() => client.destroy())
    const failure = await once(client, 'secureConnect').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.message,
    )
    assert.equal(failure, want)
  })
}

const later: readonly [days: number, authority: 'same' | 'new', certificate: 'same' | 'new'][] = [
  [0, 'same', 'same'],
  [59, 'same', 'same'],
  [61, 'same', 'new'],
  [400, 'same', 'new'],
  [3_600, 'new', 'new'],
]

for (const [days, authority, certificate] of later) {
  test(`after ${days} days the authority is the ${authority} one, the certificate the ${certificate} one`, (t) => {
    const folder = join(folderWith(t, {}), 'tls')
    const first = localFiles(setupIn(folder))
    const before = [first.authority, first.cert].map((path) => read(path).fingerprint256)
    const again = localFiles(setupIn(folder, days))
    const now = [again.authority, again.cert].map((path) => read(path).fingerprint256)
    assert.deepEqual(
      now.map((one, at) => (one === before[at] ? 'same' : 'new')),
      [authority, certificate],
    )
    assert.ok(read(again.cert).checkIssued(read(again.authority)))
  })
}

test('a spoilt certificate is made anew', (t) => {
  const folder = join(folderWith(t, {}), 'tls')
  const { cert } = localFiles(setupIn(folder))
  writeFileSync(cert, 'nothing')
  localFiles(setupIn(folder))
  assert.equal(read(cert).subject, 'CN=localhost')
})

test('a folder or a key that others may read is refused', options, (t) => {
  const folder = join(folderWith(t, {}), 'tls')
  localFiles(setupIn(folder))
  chmodSync(join(folder, 'authority.key'), 0o640)
  assert.throws(() => localFiles(setupIn(folder)), /authority\.key must belong to this user alone/)
  chmodSync(folder, 0o755)
  assert.throws(() => localFiles(setupIn(folder)), /tls must belong to this user alone/)
})
