// What a refusal says in `grpc-status-details-bin`, read by a library that knows nothing of us.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, createFileRegistry, fromBinary, type Message } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { refuse } from '../base.ts'
import { grpcDetails } from './grpc-details.ts'

const field = (name: string, number: number, type: Type, typeName?: string, isMany = false) => ({
  name,
  number,
  type,
  label: isMany ? Label.REPEATED : Label.OPTIONAL,
  ...(typeName === undefined ? {} : { typeName }),
})

const { BYTES, INT32, INT64, MESSAGE, STRING } = Type

/** Of google/rpc/status.proto and error_details.proto, by their numbers. */
const messageType = [
  { name: 'Any', field: [field('type_url', 1, STRING), field('value', 2, BYTES)] },
  {
    name: 'Status',
    field: [
      field('code', 1, INT32),
      field('message', 2, STRING),
      field('details', 3, MESSAGE, '.rpc.Any', true),
    ],
  },
  { name: 'ErrorInfo', field: [field('reason', 1, STRING), field('domain', 2, STRING)] },
  { name: 'Duration', field: [field('seconds', 1, INT64), field('nanos', 2, INT32)] },
  { name: 'RetryInfo', field: [field('retry_delay', 1, MESSAGE, '.rpc.Duration')] },
  {
    name: 'Violation',
    field: [field('field', 1, STRING), field('description', 2, STRING), field('reason', 3, STRING)],
  },
  {
    name: 'BadRequest',
    field: [field('field_violations', 1, MESSAGE, '.rpc.Violation', true)],
  },
]

const file = [{ name: 'rpc.proto', package: 'rpc', syntax: 'proto3', messageType }]
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }))

function read<T>(name: string, bytes: Uint8Array): T {
  return fromBinary(registry.getMessage(`rpc.${name}`)!, bytes) as Message & T
}

interface Status {
  readonly code: number
  readonly message: string
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[]
}

test('the code, the places and the time to come again are read by any library', () => {
  const details = [
    { in: 'header', field: 'grpc-timeout', issue: 'invalid_format', message: 'is none — größer' },
  ] as const
  const refusal = refuse('INVALID_INPUT', 'No.', { details, retryAfterMs: 123_456.5 })
  const text = grpcDetails(refusal, 300)
  assert.match(text, /^[A-Za-z0-9+/]+$/)
  const status = read<Status>('Status', Buffer.from(text, 'base64'))
  assert.deepEqual([status.code, status.message], [300, 'No.'])
  const [info, bad, retry] = status.details
  assert.deepEqual(
    status.details.map(({ typeUrl }) => typeUrl),
    ['ErrorInfo', 'BadRequest', 'RetryInfo'].map(
      (name) => `type.googleapis.com/google.rpc.${name}`,
    ),
  )
  const { reason, domain } = read<{ reason: string; domain: string }>('ErrorInfo', info!.value)
  assert.deepEqual([reason, domain], ['INVALID_INPUT', 'concordat'])
  interface Bad {
    readonly fieldViolations: readonly { field: string; description: string; reason: string }[]
  }
  const [violation] = read<Bad>('BadRequest', bad!.value).fieldViolations
  assert.equal(violation!.field, 'header grpc-timeout')
  assert.equal(violation!.description, 'is none — größer')
  assert.equal(violation!.reason, 'invalid_format')
  interface Retry {
    readonly retryDelay: { readonly seconds: bigint; readonly nanos: number }
  }
  const { seconds, nanos } = read<Retry>('RetryInfo', retry!.value).retryDelay
  assert.deepEqual([seconds, nanos], [123n, 456_500_000])
})

test('what a client sent comes back at a bounded length', () => {
  const long = 'x'.repeat(100_000)
  const detail = { in: 'body', field: long, issue: 'required', message: long } as const
  const details = Array.from({ length: 1_000 }, () => detail)
  assert.ok(grpcDetails(refuse('INVALID_INPUT', long, { details }), 3).length < 16_000)
})
