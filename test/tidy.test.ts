// Feeds the tidy rules a small project with one thing wrong at a time, and the project itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { violationsOf } from './tidy.ts'
import { importsOf, type Tree } from './tidy/tree.ts'

const sound: Record<string, string> = {
  'src/base.ts': "// base: the ground.\nexport { a } from './base/a.ts'\n",
  'src/base/a.ts': '// One thing.\nexport const a = 1\n',
  'src/route.ts': "// route: the table.\nimport { a } from './base.ts'\nexport const b = a\n",
  'src/policy.ts':
    "// policy: the rules.\nimport type { z } from 'zod'\nexport type Z = typeof z\n",
  'src/load.ts': "// load: reads files.\nimport 'node:fs'\nexport const load = 1\n",
  'src/gateway.ts': "// gateway: runs.\nimport { b } from './route.ts'\nexport const c = b\n",
  'package-lock.json': '{ "lockfileVersion": 3 }\n',
  'README.md': 'A gateway and its upstreams.\n',
}

const treeWith = (changed: Record<string, string>): Tree =>
  new Map(Object.entries({ ...sound, ...changed }))

const ruled = (changed: Record<string, string>): string[] =>
  violationsOf(treeWith(changed)).map(({ rule, file, line }) => `${rule} ${file}:${line}`)

const long = (lines: number): string => `// Long.\n${'export {}\n'.repeat(lines - 1)}`

const cases: [says: string, changed: Record<string, string>, want: string[]][] = [
  ['a sound tree has nothing to report', {}, []],
  [
    'a room that imports a higher floor',
    { 'src/base/up.ts': "// Up.\nimport { b } from '../route.ts'\nexport const up = b\n" },
    ['floors src/base/up.ts:2'],
  ],
  [
    'a room that imports a stranger on its floor',
    { 'src/upstream.ts': "// upstream: services.\nimport { b } from './route.ts'\nexport { b }\n" },
    ['floors src/upstream.ts:2'],
  ],
  [
    'a type is knowledge of a room too',
    {
      'src/http.ts': "// http: words.\nimport type { C } from './gateway.ts'\nexport type { C }\n",
    },
    ['floors src/http.ts:2'],
  ],
  [
    'a room that stands on no floor',
    { 'src/attic.ts': "// attic: what is it for?\nimport { a } from './base.ts'\nexport { a }\n" },
    ['floors src/attic.ts:0'],
  ],
  [
    'a test may reach up, through doors',
    { 'src/base/a.test.ts': "// Test.\nimport { b } from '../route.ts'\nexport const t = b\n" },
    [],
  ],
  [
    'a room entered past its door',
    { 'src/route.ts': "// route: table.\nimport { a } from './base/a.ts'\nexport const b = a\n" },
    ['doors src/route.ts:2'],
  ],
  [
    'a room without a door',
    { 'src/wire/read.ts': '// Reads.\nexport const read = 1\n' },
    ['doors src/wire:0'],
  ],
  [
    'a door that does not say what its room is for',
    { 'src/base.ts': '// Things.\nexport const a = 1\n' },
    ['doors src/base.ts:1'],
  ],
  [
    'a pure room that imports the platform',
    { 'src/http.ts': "// http: words.\nimport { join } from 'node:path'\nexport { join }\n" },
    ['pure src/http.ts:2'],
  ],
  [
    'data is as pure as it gets',
    {
      'src/base/v.ts':
        "// It.\nimport v from '../../package.json' with { type: 'json' }\nexport { v }\n",
    },
    [],
  ],
  [
    'a pure room that imports a room that is not',
    {
      'src/snapshot.ts': "// snapshot: bytes.\nimport { load } from './load.ts'\nexport { load }\n",
    },
    ['pure src/snapshot.ts:2'],
  ],
  [
    'a package that a worker would load from afar, though only its type is taken by name',
    {
      'src/telemetry.ts':
        "// telemetry: counts.\nimport { type z } from 'zod'\nexport type Z = z\n",
      'src/gateway.ts': "// gateway: runs.\nimport './telemetry.ts'\n",
    },
    ['worker src/telemetry.ts:2'],
  ],
  [
    'a room of the control side that a worker would load, late or not',
    { 'src/gateway/worker.ts': "// The worker.\nexport const late = () => import('../load.ts')\n" },
    ['worker src/gateway/worker.ts:2'],
  ],
  [
    'files that import each other',
    {
      'src/base/a.ts': "// One.\nimport './b.ts'\nexport const a = 1\n",
      'src/base/b.ts': "// Two.\nimport './a.ts'\n",
    },
    ['cycles src/base/a.ts:0'],
  ],
  ['a file without an opening comment', { 'test/x.ts': 'export {}\n' }, ['opening test/x.ts:1']],
  [
    'a test opens with one too where no file of its name stands beside it',
    { 'src/base/a.test.ts': 'export {}\n', 'src/base/other.test.ts': 'export {}\n' },
    ['opening src/base/other.test.ts:1'],
  ],
  ['a script may open with how it is run', { 'bench/x.ts': '#!/usr/bin/env node\n// Runs.\n' }, []],
  ['a file that grows', { 'src/base/long.ts': long(401) }, ['size src/base/long.ts:0']],
  ['an unsaid word', { 'src/base/w.ts': '// A middleware.\n' }, ['glossary src/base/w.ts:1']],
  ['an unsaid word on a page', { 'README.md': 'One.\nThe Backend.\n' }, ['glossary README.md:2']],
  [
    'a name that says nothing',
    { 'src/base/utils.ts': '// It.\n' },
    ['glossary src/base/utils.ts:0'],
  ],
  [
    'work put off',
    { 'src/base/p.ts': '// Fine.\n// FIXME later\n' },
    ['leftovers src/base/p.ts:2'],
  ],
  [
    'a test that shuts out the others',
    { 'test/o.test.ts': "// Tests.\ntest.only('x', () => {})\n" },
    ['leftovers test/o.test.ts:2'],
  ],
  [
    'a path of one machine',
    { 'src/base/m.ts': "// It.\nopen('/root/x')\n" },
    ['places src/base/m.ts:2'],
  ],
  [
    'outside test data found in a second place',
    { 'test/f.ts': "// It.\nopen('../shared/x')\n" },
    ['places test/f.ts:2'],
  ],
  [
    'a page that points at what is not there, by link or by name',
    {
      'README.md':
        '[a](src/base.ts) [b](src/) [c](https://x.example/y) `src/base/a.ts`\n[d](gone.md#x) `src/gone.ts`\n',
    },
    ['links README.md:2', 'links README.md:2'],
  ],
  [
    'a page links from where it stands',
    { 'spec/x.md': '[a](../README.md) [b](y.md)\n' },
    ['links spec/x.md:1'],
  ],
  [
    'a lock file that names a registry',
    { 'package-lock.json': '{\n"resolved": "https://registry.example/x.tgz"\n}\n' },
    ['lock package-lock.json:2'],
  ],
]

for (const [says, changed, want] of cases) {
  test(says, () => assert.deepEqual(ruled(changed), want))
}

test('only a size over the utmost is an error', () => {
  const severities = [401, 600, 601].map(
    (lines) => violationsOf(treeWith({ 'src/base/long.ts': long(lines) }))[0]?.severity,
  )
  assert.deepEqual(severities, ['warning', 'warning', 'error'])
})

test('a worker violation shows the way from the entry to the import', () => {
  const tree = treeWith({
    'src/route.ts': "// route: table.\nimport './base.ts'\nimport { parse } from 'yaml'\n",
  })
  const found = violationsOf(tree).find((one) => one.rule === 'worker')
  assert.match(found?.message ?? '', /src\/gateway\.ts > src\/route\.ts > yaml/)
})

test('imports are found in every form they are written in', () => {
  const text = [
    "import a from './a.ts'",
    "import * as b from 'node:b'",
    "import type { C } from './c.ts'",
    'import {\n  d,\n  type E,\n} from "./not.ts"'.replaceAll('"', "'"),
    "export * from './f.ts'",
    "export type { G } from './g.ts'",
    "import './h.ts'",
    "import type from './i.ts'",
    "const j = await import('./j.ts')",
    "type K = typeof import('./k.ts')",
    "const notAnImport = 'import'",
  ].join('\n')
  const found = importsOf('x/y.ts', text)
  assert.deepEqual(
    found.map((one) => one.specifier),
    [
      './a.ts',
      'node:b',
      './c.ts',
      './not.ts',
      './f.ts',
      './g.ts',
      './h.ts',
      './i.ts',
      './j.ts',
      './k.ts',
    ],
  )
  assert.deepEqual(
    found.filter((one) => one.typeOnly).map((one) => one.specifier),
    ['./c.ts', './g.ts', './k.ts'],
  )
  assert.equal(found[0]!.path, 'x/a.ts')
  assert.equal(found[3]!.line, 4)
})
