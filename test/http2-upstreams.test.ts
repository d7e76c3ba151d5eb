// HTTP/2 to real programs: nginx and haproxy as services, over TCP, TLS and a Unix socket.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { buildSnapshot } from '../src/control.ts'
import { startGateway } from '../src/gateway.ts'
import { makeAuthority, makeCertificate } from './certificates.ts'
import { folderWith } from './folder.ts'
import { readersAbsent } from './fuzz/readers.ts'
import { exchanged } from './gateway.ts'
import { bound, start } from './inherited-port.ts'
import { eventually } from './raw-peer.ts'

const contract = `openapi: 3.1.0
info: { title: Notes, version: '1' }
paths:
  /notes:
    get: { operationId: listNotes, responses: { '200': { description: All. } } }
    post:
      operationId: addNote
      requestBody: { content: { text/plain: {} } }
      responses: { '200': { description: Added. } }
`

const issuer = makeAuthority()
const service = makeCertificate({ names: ['notes.internal'], issuer })
const gateway = makeCertificate({ name: 'gateway', issuer })
const files = {
  'openapi.yaml': contract,
  'ca.pem': issuer.cert,
  'service.pem': service.cert + service.key,
  'service.key': service.key,
  'gateway.pem': gateway.cert,
  'gateway.key': gateway.key,
}

// Without a master nginx 1.22 ends on a socket that it inherits.
const nginxText = (folder: string, listen: string): string => `
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
    listen ${listen};
    ssl_certificate ${folder}/service.pem;
    ssl_certificate_key ${folder}/service.key;
    ssl_client_certificate ${folder}/ca.pem;
    ssl_verify_client optional;
    location / { return 200 'over $server_protocol shown=$ssl_client_s_dn host=$host\n'; }
  }
}
`

const haproxyText = `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
listen all
  bind fd@3 proto h2
  http-request return status 200 content-type text/plain lf-string "over %HV host=%[req.hdr(host)]\\n"
`

async function gatewayTo(t: TestContext, folder: string, upstream: string): Promise<number> {
  const text = `contract: openapi.yaml\naudience: internal\nupstreams: { notes: ${upstream} }\n`
  writeFileSync(join(folder, 'concordat.yaml'), text)
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

const asked = async (port: number): Promise<string> => {
  const body = 'x'.repeat(100_000)
  const lines = ['POST /notes', 'Content-Type: text/plain', `Content-Length: ${body.length}`]
  const posted = await exchanged(port, lines, body)
  assert.match(posted, /^HTTP\/1\.1 200 [^]*over /)
  return exchanged(port, ['GET /notes'])
}

test(
  'nginx over TLS takes HTTP/2 where it is offered, and a certificate with it',
  { skip: readersAbsent },
  async (t) => {
    for (const [how, version] of [
      ['ssl http2', 'HTTP/2.0'],
      ['ssl', 'HTTP/1.1'],
    ]) {
      const folder = folderWith(t, files)
      const behind = await bound()
      writeFileSync(
        join(folder, 'nginx.conf'),
        nginxText(folder, `127.0.0.1:${behind.port} ${how}`),
      )
      const args = ['-e', join(folder, 'nginx.log'), '-c', join(folder, 'nginx.conf')]
      start(t, 'nginx', args, behind, { NGINX: '3;' })
      const tls = '{ ca: ca.pem, cert: gateway.pem, key: gateway.key, serverName: notes.internal }'
      const upstream = `{ endpoints: ['https://127.0.0.1:${behind.port}'], http: 2, tls: ${tls} }`
      const reply = await asked(await gatewayTo(t, folder, upstream))
      assert.ok(reply.endsWith(`over ${version} shown=CN=gateway host=127.0.0.1\n`), reply)
    }
  },
)

test(
  'nginx on a Unix socket is spoken to in HTTP/2 without asking',
  { skip: readersAbsent },
  async (t) => {
    const folder = folderWith(t, files)
    const socket = join(folder, 'nginx.sock')
    const behind = await bound()
    writeFileSync(join(folder, 'nginx.conf'), nginxText(folder, `unix:${socket} http2`))
    start(t, 'nginx', ['-e', join(folder, 'nginx.log'), '-c', join(folder, 'nginx.conf')], behind)
    const port = await gatewayTo(t, folder, `{ endpoints: ['unix:${socket}'], http: 2 }`)
    await eventually('nginx makes its socket', () => existsSync(socket))
    // It listens a moment later.
    let reply = ''
    for (let tries = 0; tries < 200 && !reply.startsWith('HTTP/1.1 200'); tries++) {
      reply = await exchanged(port, ['GET /notes'])
    }
    assert.ok((await asked(port)).endsWith('over HTTP/2.0 shown= host=localhost\n'), reply)
  },
)

test(
  'haproxy is spoken to in HTTP/2 where the address says so',
  { skip: readersAbsent },
  async (t) => {
    const folder = folderWith(t, files)
    const behind = await bound()
    writeFileSync(join(folder, 'haproxy.cfg'), haproxyText)
    start(t, 'haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], behind)
    const upstream = `{ endpoints: ['h2c://127.0.0.1:${behind.port}'] }`
    const reply = await asked(await gatewayTo(t, folder, upstream))
    assert.ok(reply.endsWith(`over HTTP/2.0 host=127.0.0.1:${behind.port}\n`), reply)
  },
)
