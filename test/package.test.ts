// The package as npm would install it: built, packed, unpacked into clean folders, its dependencies
// taken from this checkout, so that nothing is asked of a registry.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { after, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const folder = mkdtempSync(join(tmpdir(), 'concordat-package-'))
after(() => rmSync(folder, { recursive: true }))

const env = { PATH: `${join(modules, '.bin')}:${process.env['PATH']}`, HOME: folder }

function ran(command: string, args: string[], cwd = folder) {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 60_000 })
  return { code: done.status, out: done.stdout, err: done.stderr }
}

function succeeded(command: string, args: string[], cwd = folder): string {
  const { code, out, err } = ran(command, args, cwd)
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${out}${err}`)
  return out
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly files: readonly string[]
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** What `npm pack` makes, from a copy: nobody else notices the build. */
function packed(): { readonly tarball: string; readonly files: readonly string[] } {
  const stage = join(folder, 'stage')
  mkdirSync(stage)
  const names = readdirSync(root).filter((name) => /\.md$|^LICENSE$|^package\.json$/.test(name))
  for (const name of [...names, 'bin', 'spec', 'examples', 'bench']) {
    cpSync(join(root, name), join(stage, name), { recursive: true })
  }
  const dist = join(stage, 'dist')
  succeeded('tsc', ['-p', 'tsconfig.build.json', '--outDir', dist], root)
  const out = succeeded('npm', ['pack', '--json', '--ignore-scripts', '--offline'], stage)
  const [made] = Object.values(JSON.parse(out) as object) as [
    { filename: string; files: readonly { path: string }[] },
  ]
  return { tarball: join(stage, made.filename), files: made.files.map(({ path }) => path) }
}

const { tarball, files } = packed()

function unpackInto(place: string): void {
  mkdirSync(place, { recursive: true })
  succeeded('tar', ['xzf', tarball, '--strip-components=1', '-C', place])
}

/** What npm would put beside it, and what the checks of a consumer need. */
function linkDependencies(place: string, more: readonly string[] = []): void {
  const own = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)]
  for (const name of [...own, ...more]) {
    const target = join(modules, name)
    // Of the pinned runtimes one platform's is there.
    if (!existsSync(target)) continue
    mkdirSync(dirname(join(place, name)), { recursive: true })
    symlinkSync(target, join(place, name), 'junction')
  }
}

/** As npm does it: everything beside each other. */
const hoisted = join(folder, 'hoisted')
unpackInto(join(hoisted, 'node_modules', 'concordat'))
linkDependencies(join(hoisted, 'node_modules'), ['@types/node', 'undici-types'])
mkdirSync(join(hoisted, 'node_modules', '.bin'))
symlinkSync('../concordat/bin/concordat', join(hoisted, 'node_modules', '.bin', 'concordat'))

/** As pnpm does it: each package sees its own dependencies alone, and is linked to where it is used. */
const isolated = join(folder, 'isolated')
const store = join(isolated, 'node_modules', '.pnpm', 'concordat@0.1.0', 'node_modules')
unpackInto(join(store, 'concordat'))
linkDependencies(store)
symlinkSync(join(store, 'concordat'), join(isolated, 'node_modules', 'concordat'), 'junction')

const contract = `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
paths:
  /notes:
    get: { responses: { '200': { description: ok } } }
`
for (const place of [hoisted, isolated]) writeFileSync(join(place, 'notes.yaml'), contract)

const binOf = (place: string): string =>
  join(place, 'node_modules', 'concordat', 'bin', 'concordat')

/** Makes a Node say that it is an old one. */
const old = join(folder, 'old.cjs')
writeFileSync(old, "Object.defineProperty(process.versions, 'node', { value: '20.0.0' })\n")

test('publint finds nothing to say', () => {
  assert.match(succeeded('publint', ['run', tarball, '--strict']), /All good!/)
})

test('no page in it points at what is not in it', () => {
  const pages = files.filter((file) => file.endsWith('.md'))
  assert.ok(pages.includes('README.md') && pages.includes('spec/config.md'))
  const broken = ['README.md', ...pages.filter((page) => page.startsWith('spec/'))].flatMap(
    (page) => {
      const text = readFileSync(join(hoisted, 'node_modules', 'concordat', page), 'utf8')
      return [...text.matchAll(/\]\((?<path>[^)\s#:]+)(?:#[^)]*)?\)/g)]
        .map(({ groups }) => posix.join(posix.dirname(page), groups!['path']!))
        .filter(
          (path) =>
            !files.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`)),
        )
        .map((path) => `${page}: ${path}`)
    },
  )
  assert.deepEqual(broken, [])
})

test('nothing of its tests is in it, and no source that Node would not run there', () => {
  assert.deepEqual(
    files.filter((file) => /\.test\.|-for-tests|^src\/|^test\//.test(file)),
    [],
  )
})

for (const [says, place] of [
  ['everything beside each other', hoisted],
  ['each package with its own dependencies alone', isolated],
] as const) {
  test(`an older Node finds the pinned one, with ${says}`, () => {
    const started = ['--require', old, binOf(place)]
    assert.match(
      succeeded(process.execPath, [...started, 'check', 'notes.yaml'], place),
      /ok: notes\.yaml, 1 operation/,
    )
  })
}

test('it serves from where npm puts it, and ends when it is asked to', async () => {
  const args = [
    'run',
    'notes.yaml',
    '--to',
    'http://127.0.0.1:9',
    '--port',
    '0',
    '--admin-port',
    '0',
    '--json',
  ]
  const bin = join(hoisted, 'node_modules', '.bin', 'concordat')
  const child = spawn(bin, args, { cwd: hoisted, env, stdio: ['ignore', 'pipe', 'inherit'] })
  after(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const { url } = JSON.parse(String(line).split('\n')[0]!) as { url: string }
  const reply = await fetch(`${url}/notes`, { headers: { Connection: 'close' } })
  assert.equal(reply.status, 502)
  await reply.text()
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

const program = `import { ConfigurationError, createGateway } from 'concordat'
try {
  await createGateway({ contract: 'absent.yaml' })
} catch (error) {
  console.log(error instanceof ConfigurationError)
}
const to = (request, response) => response.end('from the program')
const gateway = await createGateway({ contract: 'notes.yaml', to, port: 0 })
const { url } = await gateway.listen()
console.log(await (await fetch(url + '/notes')).text())
await gateway.close()
`

for (const [says, place] of [
  ['beside its dependencies', hoisted],
  ['with its own alone', isolated],
] as const) {
  test(`a program has a gateway in it, ${says}`, () => {
    writeFileSync(join(place, 'program.mjs'), program)
    assert.equal(succeeded(process.execPath, ['program.mjs'], place), 'true\nfrom the program\n')
  })
}

test('an older Node is told what it needs', () => {
  writeFileSync(join(hoisted, 'program.mjs'), program)
  const { code, err } = ran(process.execPath, ['--require', old, 'program.mjs'], hoisted)
  assert.equal(code, 1)
  assert.match(err, /needs Node 26 or newer, and this is Node 20\.0\.0/)
})

test('a policy of the user runs, in TypeScript', () => {
  writeFileSync(
    join(hoisted, 'brown.ts'),
    `import { definePolicy, refuse } from 'concordat'
export default definePolicy({
  id: 'brown',
  about: 'brews nothing',
  phase: 'admit',
  link: () => () => refuse('FORBIDDEN'),
})
`,
  )
  writeFileSync(
    join(hoisted, 'brown.yaml'),
    'contract: notes.yaml\ncustomPolicies: [brown.ts]\npolicies: { brown: {} }\n',
  )
  const text = program.replace("contract: 'notes.yaml'", "config: 'brown.yaml'")
  writeFileSync(join(hoisted, 'brown.mjs'), text)
  assert.match(succeeded(process.execPath, ['brown.mjs'], hoisted), /"code":"FORBIDDEN"/)
})

const consumer = `import { createServer } from 'node:http'
import { type ConfigInput, createGateway, definePolicy, type Gateway, refuse } from 'concordat'
import type {} from 'concordat/testing'

const config: ConfigInput = { contract: 'notes.yaml', listen: { port: 0 } }
const gateway: Gateway = await createGateway({ config, to: createServer() })
const { url, port }: { url: string; port: number } = await gateway.listen()
for (const { severity, place } of gateway.problems) console.log(severity, place.line, url, port)
// @ts-expect-error there is no such option
await createGateway({ contrakt: 'notes.yaml' })
export default [definePolicy, refuse]
await gateway.close({ timeoutMs: 1_000 })
`

for (const resolution of ['nodenext', 'bundler'] as const) {
  test(`its types are found under moduleResolution ${resolution}, with nothing skipped`, () => {
    const place = join(hoisted, resolution)
    mkdirSync(place)
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(place, 'consumer.ts'), consumer)
    const compilerOptions = {
      target: 'esnext',
      module: resolution === 'nodenext' ? 'nodenext' : 'esnext',
      moduleResolution: resolution,
      lib: ['esnext'],
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    }
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    assert.equal(succeeded('tsc', ['-p', '.'], place), '')
  })
}
