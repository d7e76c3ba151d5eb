// The main promise, on real contracts: of every operation, what the contract allows reaches the
// upstream as it was sent, and what it does not allow is refused by name and reaches nobody.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { buildSnapshot } from '../../src/control.ts'
import { startGateway } from '../../src/gateway.ts'
import { contracts, type DrivenContract, readContract } from './contracts.ts'
import type { RawRequest } from './draft.ts'
import { generateCases, type InvalidCase, type ValidCase } from './generate.ts'
import { rawClient, type RawClient, type RawReply } from './raw-client.ts'
import { type Field, type Recorder, startRecorder } from './recorder.ts'

// As without a configuration, but for the limit: all of this test comes from one address.
const config = `
policies: { auth: upstream, limit: { mode: off } }
log: { access: off }
`

const seed = Number(process.env.CONFORMANCE_SEED ?? 1)

for (const contract of contracts) {
  test(
    `${contract.name}: all ${contract.operations} operations`,
    {
      skip: contract.absent,
    },
    async (t) => {
      const { valid, invalid } = generateCases(readContract(contract), seed)
      const { client, recorder } = await startAll(contract, t)
      await t.test('every valid request goes through as it was sent', (sub) =>
        drive(valid, contract, sub, (one) => faultsOfValid(one, client, recorder)),
      )
      await t.test('every invalid request is refused by name and reaches nobody', (sub) =>
        drive(invalid, contract, sub, (one) => faultsOfInvalid(one, client, recorder)),
      )
    },
  )
}

/** Drives all cases, then speaks: one broken operation must not hide the others. */
async function drive<C extends ValidCase>(
  cases: readonly C[],
  contract: DrivenContract,
  t: TestContext,
  faultsOf: (one: C) => Promise<string[]>,
): Promise<void> {
  const faults: string[] = []
  for (const one of cases) {
    for (const fault of await faultsOf(one)) faults.push(`${one.says}: ${fault}`)
  }
  const operations = new Set(cases.map(({ operation }) => operation)).size
  t.diagnostic(
    `${cases.length} requests, ${operations}/${contract.operations} operations, seed ${seed}`,
  )
  assert.equal(operations, contract.operations)
  assert.equal(faults.length, 0, `${faults.length} faults\n${faults.slice(0, 40).join('\n')}`)
}

async function faultsOfValid(
  { request }: ValidCase,
  client: RawClient,
  recorder: Recorder,
): Promise<string[]> {
  const reply = await client.send(bytesOf(request), request.method)
  const [got, ...more] = recorder.take()
  if (got === undefined) return [`did not reach the upstream: ${replyText(reply)}`]
  const faults: string[] = []
  const check = (holds: boolean, fault: string) => void (holds || faults.push(fault))
  check(more.length === 0, 'reached the upstream more than once')
  check(got.method === request.method, `method ${got.method}`)
  check(got.target === request.target, `target ${got.target} for ${request.target}`)
  check(got.body.equals(request.body ?? Buffer.alloc(0)), 'another body')
  const fault = headerFault(sentFields(request), got.headers)
  check(fault === undefined, fault ?? '')
  check(reply.status === 200, `reply ${replyText(reply)}`)
  const count = reply.headers.get('x-recorded')
  check(String(reply.body) === `{"recorded":${count}}`, `reply ${replyText(reply)}`)
  return faults
}

async function faultsOfInvalid(
  { request, expected }: InvalidCase,
  client: RawClient,
  recorder: Recorder,
): Promise<string[]> {
  const reply = await client.send(bytesOf(request), request.method)
  const faults = recorder.take().length === 0 ? [] : ['reached the upstream']
  if (isRefused(reply, expected)) return faults
  return [...faults, `wanted ${JSON.stringify(expected)}, got ${replyText(reply)}`]
}

function isRefused(reply: RawReply, expected: InvalidCase['expected']): boolean {
  if (reply.status !== expected.status) return false
  const { error } = JSON.parse(String(reply.body)) as ErrorBody
  if (expected.status === 401) {
    return error.code === 'UNAUTHENTICATED' && reply.headers.has('www-authenticate')
  }
  const named = error.details?.some(
    (detail) => detail.in === expected.in && expected.fields.includes(detail.field),
  )
  return error.code === 'INVALID_INPUT' && named === true
}

interface ErrorBody {
  readonly error: {
    readonly code: string
    readonly details?: readonly { readonly in: string; readonly field: string }[]
  }
}

const replyText = ({ status, body }: RawReply) => `${status} ${String(body).slice(0, 600)}`

/** What the gateway may add; everything else must have been sent. */
const addedFields = new Set(['via', 'forwarded', 'x-request-id'])
const addedPrefix = 'x-forwarded-'
/** Said anew on each connection. */
const hopFields = new Set(['host', 'connection', 'keep-alive', 'content-length'])

const endToEnd = ([name]: Field) => !hopFields.has(name.toLowerCase())

function headerFault(sent: readonly Field[], got: readonly Field[]): string | undefined {
  const sentNames = new Set(sent.map(([name]) => name.toLowerCase()))
  const isSent = ([name]: Field) => sentNames.has(name.toLowerCase())
  const kept = got.filter((field) => endToEnd(field) && isSent(field))
  const wanted = sent.filter(endToEnd)
  if (JSON.stringify(kept) !== JSON.stringify(wanted)) {
    return `headers ${JSON.stringify(kept)} for ${JSON.stringify(wanted)}`
  }
  const added = got.filter((field) => endToEnd(field) && !isSent(field))
  const unknown = added.filter(
    ([name]) => !addedFields.has(name.toLowerCase()) && !name.toLowerCase().startsWith(addedPrefix),
  )
  return unknown.length === 0 ? undefined : `added headers ${JSON.stringify(unknown)}`
}

/** The request's own fields among others in odd case, repeated, and hop-by-hop. */
function sentFields({ headers, body }: RawRequest): Field[] {
  return [
    ['hOsT', 'api.test'],
    ['X-rEpEaTeD', 'first'],
    ...headers,
    ['x-repeated', 'second, with a comma'],
    ['Connection', 'keep-alive'],
    ...(body === undefined ? [] : [['Content-Length', String(body.length)] as const]),
    ['X-Empty', ''],
  ]
}

function bytesOf(request: RawRequest): Buffer {
  const lines = sentFields(request).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${request.method} ${request.target} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), request.body ?? Buffer.alloc(0)])
}

async function startAll(
  { file }: DrivenContract,
  t: TestContext,
): Promise<{ client: RawClient; recorder: Recorder }> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const configFile = join(folder, 'concordat.yaml')
  writeFileSync(configFile, config)

  const recorder = await startRecorder()
  t.after(() => recorder.close())
  const to = [`http://127.0.0.1:${recorder.port}`]
  const built = await buildSnapshot({ contractFile: file, configFile, to, port: 0 })
  const errors = built.problems.filter(({ severity }) => severity === 'error')
  assert.deepEqual(errors, [])
  const { snapshot, deployment } = built
  assert.ok(snapshot)
  const { listen, log } = deployment
  const gateway = await startGateway({ bundle: snapshot, listen, workers: 0, log })
  assert.ok(!('problem' in gateway))
  t.after(() => gateway.close())
  const client = rawClient(gateway.port)
  t.after(() => client.close())
  return { client, recorder }
}
