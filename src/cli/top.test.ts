// The command against an admin port that shows what a gateway shows, with a terminal that a test holds.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { testWorld } from '../../test/command.ts'
import { commandLine } from './main.ts'
import type { TerminalEvents } from './terminal.ts'
import { operationLinesOf } from './top-for-tests.ts'

/** At each look there were ten requests more. Gives the port. */
async function adminOf(t: TestContext): Promise<string> {
  let looks = 0
  const server = createServer((request, response) => {
    if (request.url === '/readyz') return response.end('{"data":{"ready":true}}')
    const statuses = { 200: [++looks * 10] } as const
    const lines = operationLinesOf({ method: 'GET', template: '/notes', statuses })
    return response.end(['concordat_build_info{version="1.2.3"} 1', ...lines].join('\n'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return String((server.address() as AddressInfo).port)
}

const quick = ['--interval', '100']

function run(args: string[]) {
  const one = testWorld('.')
  return { ...one, ended: commandLine(['top', ...args], one.world) }
}

test('--once prints one frame of an interval, and ends', async (t) => {
  const { ended, said } = run(['--admin', await adminOf(t), '--once', ...quick])
  assert.equal(await ended, 0)
  assert.match(said().out, /^ concordat 1\.2\.3 {2}● ready/)
  assert.match(said().out, /^ GET +\/notes +\d/m)
  assert.doesNotMatch(said().out, /\p{Cc}\[/u)
})

test('--once --json gives the figures to machines', async (t) => {
  const { ended, said } = run(['--admin', await adminOf(t), '--once', '--json', ...quick])
  assert.equal(await ended, 0)
  const { condition, traffic, version } = JSON.parse(said().out)
  assert.deepEqual({ condition, version }, { condition: { at: 'ready' }, version: '1.2.3' })
  assert.equal(traffic.operations[0].template, '/notes')
  assert.ok(traffic.perSecond > 0)
})

test('--once without a gateway fails and says why', async () => {
  const { ended, said } = run(['--admin', 'http://127.0.0.1:1', '--once'])
  assert.equal(await ended, 1)
  assert.match(said().err, /^error: no figures from 127\.0\.0\.1:1: .+\nsay where .+--admin URL\n$/)
})

test('where there is no terminal it prints until it is stopped', async (t) => {
  const one = testWorld('.')
  let frames = 0
  const write = (text: string) => {
    one.world.out.write(text)
    if (++frames === 2) one.stop()
  }
  const args = ['top', '--json', ...quick, '--admin', await adminOf(t)]
  assert.equal(await commandLine(args, { ...one.world, out: { write } }), 0)
  assert.equal(one.said().out.trimEnd().split('\n').length, 2)
})

/** A terminal of 80×24; `shows` comes true when a text was written to it. */
function heldTerminal() {
  const events: { heard?: TerminalEvents } = {}
  const waiting: { text: string; found: () => void }[] = []
  let written = ''
  let isOpen = false
  return {
    key: (key: string) => events.heard!.key(key),
    isOpen: () => isOpen,
    shows: (text: string) =>
      written.includes(text)
        ? Promise.resolve()
        : new Promise<void>((found) => waiting.push({ text, found })),
    terminal: {
      size: () => ({ columns: 80, rows: 24 }),
      write(text: string) {
        written += text
        for (const one of waiting) if (written.includes(one.text)) one.found()
      },
      open(heard: TerminalEvents) {
        events.heard = heard
        isOpen = true
        return () => {
          isOpen = false
        }
      },
    },
  }
}

test('on a terminal it lives until q, hears keys, and leaves the screen as it was', async (t) => {
  const held = heldTerminal()
  const world = { ...testWorld('.').world, terminal: held.terminal }
  const ended = commandLine(['top', '--admin', await adminOf(t), ...quick], world)
  await held.shows('/notes')
  held.key('s')
  await held.shows('sort: p99')
  held.key('p')
  await held.shows('paused')
  held.key('q')
  assert.equal(await ended, 0)
  assert.equal(held.isOpen(), false)
})

test('on a terminal it waits for a gateway that is not there, until it is stopped', async () => {
  const held = heldTerminal()
  const one = testWorld('.')
  const world = { ...one.world, terminal: held.terminal }
  const ended = commandLine(['top', '--admin', '127.0.0.1:1', ...quick], world)
  await held.shows('no answer')
  one.stop()
  assert.equal(await ended, 0)
  assert.equal(held.isOpen(), false)
})

const misuses: [says: string, args: string[], want: RegExp][] = [
  ['no address', ['--admin', 'http://'], /address like http:\/\/127\.0\.0\.1:9090/],
  ['too often', ['--interval', '1'], /whole number from 100 to 60000/],
  ['no rows', ['--rows', '0'], /whole number from 1 to 10000/],
  ['an unknown order', ['--sort', 'name'], /rate, p99, errors/],
]

for (const [says, args, want] of misuses) {
  test(`exit code 2: ${says}`, async () => {
    const { ended, said } = run(args)
    assert.equal(await ended, 2)
    assert.match(said().err, want)
  })
}
