// Whatever is asked in whatever order: the mock answers, and what it answers is as declared.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixturePath, fixturesAbsent } from '../../test/fixtures.ts'
import { mockOf } from '../../test/mock.ts'
import { readContract } from '../contract.ts'
import { loadDocuments } from '../load.ts'
import { type MockModel, readReplies } from './read-replies.ts'

interface Call {
  readonly operation: number
  readonly ids: readonly number[]
  readonly body: unknown
  readonly prefer: string
}

const field = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean())
const names = ['name', 'topic', 'memberIds', 'content', 'type', 'channelId', '__proto__', 'x']
const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...names), field),
  fc.array(field, { maxLength: 2 }),
  field,
)
const prefer = fc.constantFrom(
  '',
  '',
  '',
  'dynamic=true',
  'code=404',
  'code=999',
  'example=x',
  '=,;"',
)

const calls = fc.array(
  fc.record({
    operation: fc.nat(),
    ids: fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }),
    body,
    prefer,
  }),
  { maxLength: 30 },
)

/** The path of an operation, about ids that were seen in replies, or about none that is there. */
function targetOf({ operations }: MockModel, { operation, ids }: Call, seen: readonly string[]) {
  const { operation: one } = operations[operation % operations.length]!
  let at = 0
  const path = one.template.replaceAll(/\{[^{}]+\}/g, () => {
    const id = seen.at(-1 - ids[at++ % ids.length]!) ?? 'none'
    return encodeURIComponent(id)
  })
  return { one, target: `${one.basePaths[0] ?? ''}${path}` }
}

/** Texts of a reply that may be ids. */
const idsIn = (text: string): string[] =>
  [...text.matchAll(/"\w*[iI]d":"?([\w-]+)/g)].map((found) => found[1]!)

const files: [says: string, file: string, skip: string | false][] = [
  ['the chat', new URL('../../examples/chat/openapi.yaml', import.meta.url).pathname, false],
  ['Twilio', fixturePath('contracts', 'twilio-conversations.json'), fixturesAbsent],
]

for (const [says, file, skip] of files) {
  test(`${says} is answered as it declares, whatever came before`, { skip }, async () => {
    const { documents } = await loadDocuments(file)
    const model = readReplies(readContract(documents), documents)
    const answered = (list: readonly Call[]): void => {
      const mock = mockOf(documents)
      const seen: string[] = []
      for (const call of list) {
        const { one, target } = targetOf(model, call, seen)
        const reply = mock.ask(one.method, target, call.body, { prefer: call.prefer })
        seen.push(...idsIn(reply.text))
        assert.ok(reply.status >= 200 && reply.status < 600)
        const { replies } = model.operations[call.operation % model.operations.length]!
        const declared = replies.find(({ status }) => status === String(reply.status))
        const number = declared?.media[0]?.schema
        if (number === undefined || reply.status === 400) continue
        assert.ok(model.schemas.check(number).valid(reply.data), `${target} ${reply.text}`)
      }
    }
    fc.assert(fc.property(calls, answered), { numRuns: 40 })
  })
}
