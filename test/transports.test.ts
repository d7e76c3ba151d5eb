// The transports between real programs: haproxy before the gateway says who the client is, nginx
// behind it demands a certificate, and tells what it was told.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { buildSnapshot } from '../src/control.ts'
import { startGateway } from '../src/gateway.ts'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { folderWith } from './folder.ts'
import { readersAbsent } from './fuzz/readers.ts'
import { exchanged } from './gateway.ts'
import { bound, start } from './inherited-port.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
`

const issuer = makeAuthority()
const service = makeCertificate({ names: ['notes.internal'], issuer })
const gateway = makeCertificate({ name: 'gateway', issuer })
const files = {
  'openapi.yaml': contract,
  'ca.pem': issuer.cert,
  'service.pem': service.cert,
  'service.key': service.key,
  'gateway.pem': gateway.cert,
  'gateway.key': gateway.key,
}

const told = [
  ['from', 'proxy_protocol_addr'],
  ['to', 'proxy_protocol_server_addr'],
  ['name', 'ssl_server_name'],
  ['shown', 'ssl_client_s_dn'],
  ['resumed', 'ssl_session_reused'],
]

// Without a master nginx 1.22 ends on a socket that it inherits.
const nginxText = (folder: string, port: number): string => `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log crit;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} ssl proxy_protocol;
    ssl_certificate ${folder}/service.pem;
    ssl_certificate_key ${folder}/service.key;
    ssl_client_certificate ${folder}/ca.pem;
    ssl_verify_client on;
    ssl_session_cache shared:all:1m;
    location / { return 200 '${told.map(([name, variable]) => `${name}=$${variable}`).join(' ')}'; }
  }
}
`

const haproxyText = (port: number, how: string): string => `
defaults
  mode tcp
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen all
  bind fd@3
  server gateway 127.0.0.1:${port} ${how}
`

async function gatewayOn(t: TestContext, folder: string, version: string, port: number) {
  const tls = 'tls: { ca: ca.pem, cert: gateway.pem, key: gateway.key, serverName: notes.internal }'
  const upstream = `{ endpoints: ['https://127.0.0.1:${port}'], proxyProtocol: ${version}, ${tls} }`
  writeFileSync(
    join(folder, 'concordat.yaml'),
    `contract: openapi.yaml
audience: internal
listen: { proxyProtocol: true }
trustedHops: [127.0.0.1]
upstreams: { notes: ${upstream} }
`,
  )
  const built = await buildSnapshot({ configFile: join(folder, 'concordat.yaml'), to: [] })
  assert.deepEqual(built.problems, [])
  const started = await startGateway({
    bundle: built.snapshot!,
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  assert.ok(!('problem' in started))
  t.after(() => started.close())
  return started.port
}

const ways: readonly [version: string, how: string][] = [
  ['v1', 'send-proxy'],
  ['v2', 'send-proxy-v2'],
  ['v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id'],
]

for (const [version, how] of ways) {
  test(
    `haproxy with ${how}, nginx with TLS and ${version}: both are understood`,
    { skip: readersAbsent },
    async (t) => {
      const folder = folderWith(t, files)
      const behind = await bound()
      writeFileSync(join(folder, 'nginx.conf'), nginxText(folder, behind.port))
      const conf = ['-e', join(folder, 'nginx.log'), '-c', join(folder, 'nginx.conf')]
      start(t, 'nginx', conf, behind, { NGINX: '3;' })
      const port = await gatewayOn(t, folder, version, behind.port)
      const front = await bound()
      writeFileSync(join(folder, 'haproxy.cfg'), haproxyText(port, how))
      start(t, 'haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], front)
      for (const resumed of ['.', 'r']) {
        const reply = await exchanged(front.port, ['GET /notes'])
        const want = `from=127.0.0.1 to=127.0.0.1 name=notes.internal shown=CN=gateway resumed=${resumed}`
        assert.ok(reply.startsWith('HTTP/1.1 200 ') && reply.endsWith(want), reply)
      }
    },
  )
}
