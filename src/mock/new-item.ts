// A resource that somebody creates: made up from its schema, with an id of its own in the shape that
// the schema wants, with what the consumer gave, where it was created, and when.
import type { Asked, Call } from './crud.ts'
import { accepts, cleared, overlaid, ownFields } from './fields.ts'
import { sample } from './sample.ts'
import { seedOf } from './seeds.ts'
import { describe, plainName } from './shapes.ts'
import { isObject } from './spots.ts'
import type { Fields } from './store.ts'

/** Undefined where the schemas let nothing be made. */
export function newItem(call: Call, id: string | undefined): Fields | undefined {
  const { schemas, role, model, asked, parents, store, seed } = call
  const { numbers, id: idName } = role.resource
  const count = store.all(role.resource).length
  const [number] = numbers
  const made = sample(schemas, number!, {
    seed: seedOf(seed, role.resource.name, count),
    examples: true,
  })
  if ('problem' in made || !isObject(made.value)) return undefined
  let value: Fields = made.value
  const isOwn = ownFields(schemas, model.body)
  for (const name of Object.keys(value)) {
    if (!isOwn(name) && name !== idName) value = cleared(schemas, numbers, value, name)
  }
  value = overlaid(schemas, numbers, value, given(asked))
  value = overlaid(schemas, numbers, value, parents)
  value = overlaid(schemas, numbers, value, times(value, call.nowMs(), /./))
  return withId(call, value, id)
}

export const given = ({ body }: Asked): [string, unknown][] =>
  isObject(body) ? Object.entries(body) : []

const idAttemptsMax = 5

function withId(call: Call, value: Fields, wanted: string | undefined): Fields | undefined {
  const { schemas, role, store } = call
  const { numbers, id } = role.resource
  for (const one of wanted === undefined ? freshIds(call) : [wanted, Number(wanted)]) {
    const next = { ...value, [id]: one }
    const isFree = wanted !== undefined || store.get(role.resource, String(one)) === undefined
    if (isFree && accepts(schemas, numbers, next)) return next
  }
  return undefined
}

/** Numbers count up; anything else is made up in the shape that the schema wants. */
function* freshIds({ schemas, role, store, seed }: Call): Generator<unknown> {
  const { resource } = role
  const known = store.all(resource).flatMap(({ order, value }) => [order, value[resource.id]])
  const next = Math.max(0, ...known.filter((one) => typeof one === 'number')) + 1
  yield next
  const [number] = describe(schemas, resource.numbers).numbers(resource.id)
  if (number === undefined) return
  for (let attempt = 0; attempt < idAttemptsMax; attempt++) {
    const options = {
      seed: seedOf(seed, resource.name, next, attempt),
      examples: false,
      name: resource.id,
    }
    const made = sample(schemas, number, options)
    if ('value' in made) yield made.value
  }
}

const createdOrChanged =
  /^(?:date)?(?:created|updated|modified|changed|edited)(?:at|on|date|time)?$/

/** Times of creation and change, in the form that the field has. */
export function times(value: Fields, nowMs: number, which: RegExp): [string, unknown][] {
  return Object.keys(value)
    .filter((name) => createdOrChanged.test(plainName(name)) && which.test(plainName(name)))
    .flatMap((name): [string, unknown][] => {
      const seconds = Math.floor(nowMs / 1_000)
      if (typeof value[name] === 'number') return [[name, seconds]]
      return [[name, `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`]]
    })
}
