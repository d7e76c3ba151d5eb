// Reads contracts out of texts, for tests.
import assert from 'node:assert/strict'
import { type Contract, readContract } from '../src/contract.ts'
import { parseLocated } from '../src/load.ts'

const root = 'file:///c.yaml'

/** Reads documents written in YAML; the first is the root. */
export function read(text: string, others: Record<string, string> = {}): Contract {
  const texts = { [root]: text, ...others }
  const located = new Map(
    Object.entries(texts).map(([uri, one]) => [uri, parseLocated(one, uri.slice(8))]),
  )
  for (const { problems } of located.values()) assert.deepEqual(problems, [])
  return readContract({
    root,
    values: new Map([...located].map(([uri, { value }]) => [uri, value])),
    locate: (uri, pointer) => located.get(uri)!.locate(pointer),
  })
}

export const head = 'openapi: 3.1.0\ninfo: {title: Chat, version: "2"}\n'

export const complaintsOf = (contract: Contract): string[] =>
  contract
    .finish()
    .problems.map(
      ({ severity, message, place }) => `${place.line}:${place.column} ${severity} ${message}`,
    )

/** Reads a document that must be without fault. */
export function readWell(text: string, others?: Record<string, string>): Contract {
  const contract = read(head + text, others)
  assert.deepEqual(complaintsOf(contract), [])
  return contract
}
