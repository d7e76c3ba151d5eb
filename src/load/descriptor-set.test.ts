// A descriptor set as a contract: its methods are operations, and what is wrong with it is said
// with the line of its `.proto`.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from '../../test/folder.ts'
import { placeText } from '../base.ts'
import { readContract } from '../contract.ts'
import { parseDescriptorSet } from './descriptor-set.ts'
import { chatFile, type FileInit, setBytes } from './descriptor-set-for-tests.ts'
import { loadDocuments } from './documents.ts'
import { isDescriptorSet } from './source-kind.ts'

const saidOf = (bytes: Uint8Array): string[] =>
  parseDescriptorSet(bytes, 'chat.binpb').problems.map(
    ({ message, place }) => `${place.line === 0 ? place.file : placeText(place)} ${message}`,
  )

function operationsOf(...files: readonly FileInit[]) {
  const located = parseDescriptorSet(setBytes([...files]), 'chat.binpb')
  assert.deepEqual(located.problems, [])
  const contract = readContract({
    root: 'file:///chat.binpb',
    values: new Map([['file:///chat.binpb', located.value]]),
    locate: (_, pointer) => located.locate(pointer),
  })
  assert.deepEqual(contract.finish().problems, [])
  return contract.operations
}

test('each method is an operation that knows its pattern, its place and what was said of it', () => {
  const operations = operationsOf(chatFile).filter(({ grpc }) => grpc?.answeredBy === undefined)
  assert.deepEqual(
    operations.map(({ method, template, id, grpc }) => [method, template, id, grpc?.pattern]),
    [
      ['POST', '/chat.v1.Chat/Send', 'chat.v1.Chat.Send', 'unary'],
      ['POST', '/chat.v1.Chat/Collect', 'chat.v1.Chat.Collect', 'client-streaming'],
      ['POST', '/chat.v1.Chat/Follow', 'chat.v1.Chat.Follow', 'server-streaming'],
      ['POST', '/chat.v1.Chat/Talk', 'chat.v1.Chat.Talk', 'bidirectional-streaming'],
    ],
  )
  const [send, collect, , talk] = operations
  assert.equal(send!.summary, 'Sends a message.')
  assert.deepEqual([send!.body?.required, collect!.body?.required], [true, false])
  assert.deepEqual([send!.deprecated, talk!.deprecated], [false, true])
  assert.equal(placeText(send!.place), 'chat/v1/chat.proto:10:3')
  assert.equal(placeText(collect!.place), 'chat/v1/chat.proto:9:1', 'of the service around it')
})

test('bodies of gRPC are read by nobody, those with JSON in them neither', () => {
  const [send] = operationsOf(chatFile)
  assert.deepEqual(
    send!.body!.media.map(({ range, reader }) => [range, reader]),
    [
      ['application/grpc', 'other'],
      ['application/grpc+proto', 'other'],
      ['application/grpc+json', 'other'],
    ],
  )
})

const answered = (files: readonly FileInit[]) =>
  operationsOf(...files)
    .filter(({ grpc }) => grpc?.answeredBy === 'gateway')
    .map(({ template }) => template)

test('the health service is answered by the gateway unless the contract declares it', () => {
  const paths = ['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch']
  assert.deepEqual(answered([chatFile]), paths)
  const health: FileInit = {
    name: 'health.proto',
    package: 'grpc.health.v1',
    syntax: 'proto3',
    messageType: [{ name: 'Empty' }],
    service: [
      {
        name: 'Health',
        method: [
          {
            name: 'Check',
            inputType: '.grpc.health.v1.Empty',
            outputType: '.grpc.health.v1.Empty',
          },
        ],
      },
    ],
  }
  assert.deepEqual(answered([chatFile, health]), [])
})

const pathsOf = (set: Uint8Array) =>
  Object.keys((parseDescriptorSet(set, '').value as { paths: object }).paths)

test('services of files that buf marks as imports are not served', () => {
  const other: FileInit = {
    ...chatFile,
    name: 'other.proto',
    package: 'other',
    service: [{ name: 'Other', method: chatFile.service[0]!.method.slice(0, 1) }],
    messageType: [],
  }
  const bytes = setBytes([chatFile, other])
  // Field 8042 of the last file with `is_import: true`; its own length grows by as much.
  const mark = [0xd2, 0xf6, 0x03, 0x02, 0x08, 0x01]
  const size = setBytes([other]).length
  const at = bytes.length - size
  const marked = Uint8Array.from([...bytes, ...mark])
  marked[at + 1] = bytes[at + 1]! + mark.length
  assert.equal(pathsOf(bytes).includes('/other.Other/Send'), true)
  assert.equal(pathsOf(marked).includes('/other.Other/Send'), false)
  assert.equal(pathsOf(marked).includes('/chat.v1.Chat/Send'), true)
})

const [service] = chatFile.service
const broken: readonly [says: string, files: readonly FileInit[], want: readonly string[]][] = [
  [
    'an import that is not there',
    [{ ...chatFile, dependency: ['google/api/annotations.proto'] }],
    [
      'chat/v1/chat.proto:3:1 chat/v1/chat.proto imports google/api/annotations.proto, which the set does not hold: write it with --include_imports',
    ],
  ],
  [
    'a type that nobody declares',
    [{ ...chatFile, messageType: [], service: [{ ...service, method: service!.method.slice(3) }] }],
    ['chat/v1/chat.proto:10:3 Talk names the type ".chat.v1.Message", which nobody declares'],
  ],
  [
    'a service twice',
    [chatFile, { ...chatFile, name: 'b.proto', sourceCodeInfo: {} }],
    ['chat.binpb the service chat.v1.Chat is there twice'],
  ],
  [
    'a method twice',
    [
      {
        ...chatFile,
        service: [{ ...service, method: [service!.method[0]!, service!.method[0]!] }],
      },
    ],
    ['chat/v1/chat.proto:9:1 the method Send is there twice'],
  ],
  [
    'a name that is a path',
    [{ ...chatFile, service: [{ ...service, name: 'a/../b' }] }],
    ['chat/v1/chat.proto:9:1 "chat.v1.a/../b" is no name of a service'],
  ],
  [
    'a syntax of tomorrow',
    [{ ...chatFile, syntax: 'proto9' }],
    ['chat.binpb chat/v1/chat.proto has a syntax that is not read: "proto9"'],
  ],
  [
    'an edition of tomorrow',
    [{ ...chatFile, syntax: 'editions', edition: 9_999 }],
    ['chat.binpb chat/v1/chat.proto has an edition that is not read: 2023 and 2024 are'],
  ],
  [
    'no service',
    [{ ...chatFile, service: [] }],
    ['chat.binpb the set holds no service with a method: there is nothing to serve'],
  ],
]

for (const [says, files, want] of broken) {
  test(`a set with ${says} is refused, and it is said where`, () => {
    assert.deepEqual(saidOf(setBytes([...files])), want)
  })
}

test('a set that was cut off anywhere is refused', () => {
  const bytes = setBytes([chatFile])
  for (let length = 0; length < bytes.length; length++) {
    const [said, ...more] = saidOf(bytes.subarray(0, length))
    assert.match(said ?? '', /^chat\.binpb this is no protobuf descriptor set, or was cut off/)
    assert.deepEqual(more, [])
  }
})

test('nesting without end is refused', () => {
  const nested = (depth: number): { name: string; nestedType?: object[] } =>
    depth === 0 ? { name: 'M' } : { name: 'M', nestedType: [nested(depth - 1)] }
  const [said] = saidOf(setBytes([{ ...chatFile, messageType: [nested(200)] }]))
  assert.match(said!, /maximum recursion depth/)
})

test('a set is known by its name, or by its bytes under any name', async (t) => {
  const bytes = setBytes([chatFile])
  assert.equal(isDescriptorSet('chat.pb', Buffer.from('')), true)
  assert.equal(isDescriptorSet('chat', bytes), true)
  assert.equal(isDescriptorSet('chat.yaml', Buffer.from('\nopenapi: 3.1.0\n')), false)
  const folder = folderWith(t, {})
  await writeFile(join(folder, 'chat'), bytes)
  const { documents, problems, files } = await loadDocuments(join(folder, 'chat'))
  assert.deepEqual(problems, [])
  assert.equal(documents.values.size, 1)
  assert.equal(files.length, 1)
})

test('an overlay changes what a set says, and knows where both were written', async (t) => {
  const folder = folderWith(t, {})
  const [set, overlay] = [join(folder, 'chat.binpb'), join(folder, 'overlay.yaml')]
  await writeFile(set, setBytes([chatFile]))
  await writeFile(
    overlay,
    `overlay: 1.0.0
info: { title: o, version: '1' }
actions:
  - target: $.paths['/chat.v1.Chat/Send'].post
    update: { x-concordat: { limits: { messageBytesMax: 1000 } } }
  - target: $.paths['/grpc.health.v1.Health/Watch']
    remove: true
`,
  )
  const { documents, problems } = await loadDocuments(set, { overlays: [{ file: overlay }] })
  assert.deepEqual(problems, [])
  const { operations } = readContract(documents)
  assert.equal(operations.length, 5)
  const [setting] = operations[0]!.settings
  assert.deepEqual(setting!.value, { limits: { messageBytesMax: 1000 } })
  const place = documents.locate(setting!.uri, setting!.pointer)
  assert.deepEqual([place.file, place.line], [overlay, 5])
  assert.equal(placeText(operations[0]!.place), 'chat/v1/chat.proto:10:3')
})
