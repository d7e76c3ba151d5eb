// What cannot be answered as the contract wants it: each reply is tried once at the start, so that
// nobody meets it first in a test that fails.
import { written } from './bodies.ts'
import type { MediaModel, MockModel } from './read-replies.ts'
import { sample, type Sampled } from './sample.ts'
import type { Schemas } from './schemas.ts'

/** A sentence each. */
export function problemsOf({ operations, schemas }: MockModel, seed: number): string[] {
  // Many operations share their errors.
  const known = new Map<number, Sampled>()
  const made = (schema: number): Sampled => {
    const value = known.get(schema) ?? sample(schemas, schema, { seed, examples: true })
    known.set(schema, value)
    return value
  }
  return operations.flatMap(({ operation, replies }) =>
    replies.flatMap(({ status, media }) =>
      media
        .flatMap((one) => mediaProblems(schemas, one, made))
        .map((problem) => `${operation.id} ${status}: ${problem}`),
    ),
  )
}

function mediaProblems(
  schemas: Schemas,
  { type, schema, examples }: MediaModel,
  made: (schema: number) => Sampled,
): string[] {
  if (schema === undefined) return []
  const wrong = examples.flatMap(({ name, value }) => {
    const [first] = schemas.check(schema).errors(value, 1)
    if (first === undefined) return []
    const which = name === '' ? 'its example' : `its example '${name}'`
    return [`${which} is not what its schema says: ${first.pointer} ${first.message}`]
  })
  if (examples.length > wrong.length) return wrong
  const found = made(schema)
  if ('problem' in found) return [...wrong, `no reply can be made up: ${found.problem}`]
  const isText = written(type, found.value) !== undefined
  return isText ? wrong : [...wrong, `${type} cannot be made up: it needs an example`]
}
