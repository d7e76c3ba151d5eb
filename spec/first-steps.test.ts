// The first steps work as they are printed, typed into shells, at ports of their own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../test/free-ports.ts'
import { runTerminals } from './run-terminals.ts'

const root = join(import.meta.dirname, '..')

test('first steps', { timeout: 120_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'concordat-steps-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const [service, gateway, admin] = (await freePorts(3)) as [number, number, number]
  const listen = `listen: { port: ${gateway} }\nadmin: { port: ${admin} }\n`
  const page = readFileSync(join(import.meta.dirname, 'first-steps.md'), 'utf8')
  await runTerminals(t, page, {
    cwd: root,
    folder: join(home, 'notes'),
    env: {
      ...process.env,
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_STATE_HOME: undefined,
      STATE_DIRECTORY: undefined,
      // Typed in the first terminal, and to be typed in each.
      PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
      NODE_TEST_CONTEXT: undefined,
    },
    adapt: (text) =>
      text
        .replaceAll('3000', String(service))
        .replaceAll('127.0.0.1:9090', `127.0.0.1:${admin}`)
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${gateway}`)
        .replace(/^contract: notes\.yaml[^]*$/, `$&${listen}`)
        .replace(/^concordat run notes.*$/, `$& --port ${gateway} --admin-port ${admin}`)
        .replace(/^concordat shadow$/, `$& --admin http://127.0.0.1:${admin}`)
        .replace(/^concordat explain \$.*$/, `$& --admin http://127.0.0.1:${admin}`),
  })
})
