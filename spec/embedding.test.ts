// Runs every program of the page as it stands there, its ports free ones, and asks it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeCertificate } from '../test/certificates.ts'
import { folderWith } from '../test/folder.ts'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(import.meta.dirname, 'embedding.md'), 'utf8')
const programs = new Map(
  [...page.matchAll(/^```ts (?<name>\w+)\n(?<text>[^]*?)^```$/gm)].map(({ groups }) => [
    groups!['name']!,
    groups!['text']!,
  ]),
)

const contract = readFileSync(join(root, 'examples/embedded/openapi.yaml'), 'utf8').replace(
  '  /notes:\n',
  "  /notes:\n    get: { responses: { '200': { description: ok } } }\n",
)

/** What is done with each, behind its last line. */
const questions: Readonly<Record<string, [asks: string, hears: RegExp]>> = {
  express: [
    `const ask = async (text) => (await fetch(url + '/notes', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ text }),
    })).text()
    console.log(await ask(1), await ask('milk'))
    await gateway.close()`,
    /^notes: http:\S+\/notes\n\{"error":.*"INVALID_INPUT".*\} \{"text":"milk","from":"127\.0\.0\.1"\}\n$/,
  ],
  tls: [
    `const { once } = await import('node:events')
    const { request } = await import('node:https')
    if (!server.listening) await once(server, 'listening')
    const { port } = server.address()
    const asked = request({ port, path: '/notes', ca: secrets.cert, servername: 'notes.test', agent: false }).end()
    const [reply] = await once(asked, 'response')
    for await (const piece of reply) console.log(String(piece))
    server.close()
    await gateway.close()`,
    /^over https\n$/,
  ],
  configured: ['await gateway.close()', /^unchanged\ntrue \d+\n$/],
  ending: ['', /^ok\n$/],
}

test('every program of the page is asked something', () => {
  assert.deepEqual([...programs.keys()], Object.keys(questions))
})

for (const [name, text] of programs) {
  test(`the program '${name}' does what the page says, and ends by itself`, (t) => {
    const { cert, key } = makeCertificate({ names: ['notes.test'] })
    const [asks, hears] = questions[name]!
    const program = `${text.replace(/\b8080\b|\b8443\b/, '0')}\n${asks}\n`
    const files = { 'openapi.yaml': contract, 'cert.pem': cert, 'key.pem': key }
    const folder = folderWith(t, { ...files, 'package.json': '{"type":"module"}', 'a.ts': program })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
    const args = ['--import', join(root, 'test/own-name.ts'), 'a.ts']
    const done = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(done.stderr, '')
    assert.match(done.stdout, hears)
    assert.equal(done.status, 0)
  })
}
