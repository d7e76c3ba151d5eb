// The page on HTTP/2 works as it is printed, typed into shells, at ports of their own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../test/free-ports.ts'
import { runTerminals } from './run-terminals.ts'

const root = join(import.meta.dirname, '..')

test('clients of both versions reach a service of HTTP/2', { timeout: 120_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'concordat-http2-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const [service, gateway, admin] = (await freePorts(3)) as [number, number, number]
  const page = readFileSync(join(import.meta.dirname, 'http2.md'), 'utf8')
  await runTerminals(t, page, {
    cwd: root,
    folder: join(home, 'notes'),
    env: {
      ...process.env,
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_STATE_HOME: undefined,
      STATE_DIRECTORY: undefined,
      PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
      NODE_TEST_CONTEXT: undefined,
    },
    adapt: (text) =>
      text
        .replaceAll('3000', String(service))
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${gateway}`)
        .replace(/^concordat run .*$/, `$& --port ${gateway} --admin-port ${admin}`),
  })
})
