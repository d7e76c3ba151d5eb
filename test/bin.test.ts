// Starts `bin/concordat` as a person would: from elsewhere, through a link, and under a Node that
// says it is old. What such a Node has (version, execve, platform) is set by a preloaded file.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const bin = join(root, 'bin', 'concordat')
const folder = mkdtempSync(join(tmpdir(), 'concordat-bin-'))
after(() => rmSync(folder, { recursive: true }))
const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: join(folder, 'cache') }

const preload = (name: string, text: string): string => {
  const file = join(folder, `${name}.cjs`)
  writeFileSync(file, text)
  return file
}

const emptyContract = 'openapi: 3.1.0\ninfo: { title: Notes, version: 1.0.0 }\npaths: {}\n'

const setVersion = "Object.defineProperty(process.versions, 'node', { value: '20.0.0' })\n"
const old = preload('old', `${setVersion}process.execve = undefined\n`)
const oldWithExecve = preload('old-execve', setVersion)
const stranger = preload(
  'stranger',
  `${setVersion}Object.defineProperty(process, 'arch', { value: 'pdp11' })\n`,
)

const runs = (nodeArgs: string[], args: string[]) =>
  spawnSync(process.execPath, [...nodeArgs, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  })

const ways: [says: string, nodeArgs: string[]][] = [
  ['in the same process where Node is new enough', []],
  ['as a child where a process cannot replace itself', ['--require', old]],
  ['in place where it can', ['--require', oldWithExecve]],
]

for (const [says, nodeArgs] of ways) {
  test(`runs from another folder, ${says}`, () => {
    const { status, stdout, stderr } = runs(nodeArgs, [bin, '--version'])
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  })

  test(`passes the exit code on, ${says}`, () => {
    assert.equal(runs(nodeArgs, [bin, 'nonsense']).status, 2)
  })
}

test('a child is stopped by the signal that stops us, and we end as it does', async () => {
  const contract = join(folder, 'notes.yaml')
  writeFileSync(contract, emptyContract)
  const ports = ['--port', '0', '--admin-port', '0', '--to', 'http://127.0.0.1:9']
  const args = ['--require', old, bin, 'run', contract, '--json', ...ports]
  const parent = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(parent.stdout, 'data')
  assert.match(String(line), /"url":"http:/)
  parent.kill('SIGTERM')
  assert.deepEqual(await once(parent, 'exit'), [0, null])
})

test('run ends with code 1 and says why when no thread of the data plane can be started any more', () => {
  const contract = join(folder, 'notes.yaml')
  writeFileSync(contract, emptyContract)
  const config = join(folder, 'one-worker.yaml')
  writeFileSync(config, 'contract: notes.yaml\nworkers: 1\n')
  const dying = preload(
    'dying',
    `const { existsSync, writeFileSync } = require('node:fs')
    const { parentPort } = require('node:worker_threads')
    const mark = ${JSON.stringify(join(folder, 'dying.mark'))}
    const tell = parentPort?.postMessage.bind(parentPort)
    if (tell) parentPort.postMessage = (report, ...rest) => {
      if (report.report === 'ready' && existsSync(mark)) process.exit(3)
      tell(report, ...rest)
      if (report.report === 'done') setImmediate(() => {
        writeFileSync(mark, '')
        process.exit(4)
      })
    }`,
  )
  const args = ['run', '--config', config, '--port', '0', '--admin-port', '0']
  const { status, stderr } = runs(
    ['--require', dying],
    [bin, ...args, '--to', 'http://127.0.0.1:9'],
  )
  assert.match(stderr, /no worker can be started: a worker ended with exit code 3\n$/)
  assert.equal(status, 1)
})

for (const [says, mode, isKept] of [
  ['is kept where nobody else may write', 0o755, true],
  ['is neither kept nor believed where others may', 0o777, false],
] as const) {
  test(`compiled code ${says}`, () => {
    const caches = mkdtempSync(join(folder, 'caches-'))
    const own = join(caches, 'concordat')
    mkdirSync(own)
    chmodSync(own, mode)
    const ran = spawnSync(process.execPath, [bin, '--version'], {
      env: { ...env, XDG_CACHE_HOME: caches },
    })
    assert.equal(ran.status, 0)
    assert.equal(readdirSync(join(own, 'code')).length > 0, isKept)
  })
}

test('compiled code is not kept through a link', () => {
  const caches = mkdtempSync(join(folder, 'caches-'))
  const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
  symlinkSync(elsewhere, join(caches, 'concordat'), 'junction')
  const ran = spawnSync(process.execPath, [bin, '--version'], {
    env: { ...env, XDG_CACHE_HOME: caches },
  })
  assert.equal(ran.status, 0)
  assert.deepEqual(readdirSync(join(elsewhere, 'code')), [])
})

test('runs through a link, as npm installs it', () => {
  const link = join(folder, 'concordat')
  symlinkSync(bin, link)
  assert.equal(runs([], [link, '--version']).status, 0)
})

test('says what is missing where Node is old and no runtime is pinned', () => {
  const { status, stderr } = runs(['--require', stranger], [bin, '--version'])
  assert.equal(status, 1)
  assert.match(stderr, /needs Node 26 or newer/)
  assert.match(stderr, /linux-pdp11|darwin-pdp11|win32-pdp11/)
})
