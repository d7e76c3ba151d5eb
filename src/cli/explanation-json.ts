// An explanation as an admin port tells it. Whatever answers there may say anything: what is not as
// it should be is none.
import type { Explanation } from './explanation.ts'
import { field } from './admin-client.ts'

export function readExplanation(data: unknown): Explanation | undefined {
  return isExplanation(data) ? data : undefined
}

type Shape = (value: unknown) => boolean

const text: Shape = (value) => typeof value === 'string'
const number: Shape = (value) => typeof value === 'number'
const maybe =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value)
/** JSON leaves out what is undefined. */
const absent =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value)
const all =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape)
const object =
  (members: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    Object.entries(members).every(([name, shape]) => shape(field(value, name)))

const refused = object({
  by: maybe(text),
  fault: text,
  status: number,
  message: maybe(text),
  details: all(object({ in: text, field: text, issue: text, message: text })),
  reason: maybe(text),
})

const outcomes: Readonly<Record<string, Shape>> = {
  refused,
  sent: object({ to: text, status: maybe(number) }),
  answered: object({ status: number }),
}

const outcome: Shape = (value) => {
  const result = field(value, 'result')
  return typeof result === 'string' && Object.hasOwn(outcomes, result) && outcomes[result]!(value)
}

const explanation = object({
  request: object({
    id: maybe(text),
    at: maybe(text),
    durationMs: maybe(number),
    method: text,
    path: text,
    client: text,
  }),
  revision: text,
  operation: maybe(object({ id: text, method: text, template: text })),
  upstream: maybe(text),
  protocol: absent(text),
  bounds: all(object({ name: text, value: number, unit: text, default: number, origin: text })),
  decisions: all(
    object({
      policy: text,
      mode: text,
      verdict: text,
      fault: absent(text),
      reason: absent(text),
      origin: text,
      words: text,
    }),
  ),
  outcome,
  notes: all(text),
})

const isExplanation = (data: unknown): data is Explanation => explanation(data)
