// Mocks of contracts that a test writes down, asked without a socket.
import { parseLocated } from '../src/load.ts'
import { readContract } from '../src/contract.ts'
import type { Documents } from '../src/base.ts'
import { createMock, type MockSetup, noLatency } from '../src/mock.ts'

const root = 'file:///c.yaml'

export function documentsFrom(text: string): Documents {
  const located = parseLocated(text, '/c.yaml')
  return {
    root,
    values: new Map([[root, located.value]]),
    locate: (_uri, pointer) => located.locate(pointer),
  }
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** Of JSON. */
  readonly data: unknown
  readonly isReset: boolean
  readonly delayMs: number
}

export interface TestMock {
  ask(
    method: string,
    target: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Reply
  readonly resources: readonly string[]
  readonly problems: readonly string[]
}

export function mockOf(documents: Documents, settings: Partial<MockSetup> = {}): TestMock {
  const mock = createMock({
    contract: readContract(documents),
    documents,
    seed: 1,
    latency: noLatency,
    faults: 0,
    isStateful: true,
    nowMs: () => Date.UTC(2026, 2, 12, 10, 30),
    ...settings,
  })
  return {
    resources: mock.resources,
    problems: mock.problems,
    ask(method, target, body, headers = {}) {
      const text = body === undefined ? '' : JSON.stringify(body)
      const type = { 'content-type': 'application/json' }
      const sent = { method, target, headers: { ...type, ...headers }, body: text }
      const { status, headers: fields, body: answer, isReset, delayMs } = mock.answer(sent)
      const names = fields.map(([name, value]) => [name.toLowerCase(), value] as const)
      const replied = Object.fromEntries(names)
      const isJson = replied['content-type'] === 'application/json'
      const data: unknown = isJson && answer !== '' ? JSON.parse(answer) : undefined
      return { status, headers: replied, text: answer, data, isReset, delayMs }
    },
  }
}

export const mockFrom = (text: string, settings?: Partial<MockSetup>): TestMock =>
  mockOf(documentsFrom(text), settings)
