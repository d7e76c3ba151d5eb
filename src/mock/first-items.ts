// What is there before anybody has created anything: the examples of the contract, and where it has
// none, two made up, so that a list has something to show.
import { conjunctionOf } from './conjunction.ts'
import type { CrudSetup } from './crud.ts'
import { accepts, overlaid } from './fields.ts'
import type { Resource, Role } from './resources.ts'
import { sample } from './sample.ts'
import { seedOf } from './seeds.ts'
import { plainName, valueAt } from './shapes.ts'
import { isObject } from './spots.ts'
import type { Fields } from './store.ts'

const madeUpCount = 2

export function fillStore(setup: CrudSetup): void {
  const { resources, store } = setup
  // Those that others may belong to come first.
  for (const resource of resources.all.toSorted((a, b) => depth(a) - depth(b))) {
    for (const value of examplesOf(setup, resource)) store.put(resource, value, new Map())
    if (store.all(resource).length === 0) {
      for (const value of madeUp(setup, resource)) store.put(resource, value, new Map())
    }
  }
}

const depth = ({ address }: Resource): number => address?.split('/').length ?? Infinity

function examplesOf({ schemas, resources }: CrudSetup, resource: Resource): Fields[] {
  const { numbers, id } = resource
  const roles = [...resources.roles.values()].filter((role) => role.resource === resource)
  const hints = conjunctionOf(schemas, numbers, () => 0).hints
  const found = [...roles.flatMap(inReplies), ...hints]
  return found.filter(
    (one): one is Fields => isObject(one) && isName(one[id]) && accepts(schemas, numbers, one),
  )
}

const isName = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number'

function inReplies({ media, part }: Role): unknown[] {
  if (media === undefined || part === undefined) return []
  return media.examples.flatMap(({ value }) => valueAt(value, part.path))
}

function madeUp(setup: CrudSetup, resource: Resource): Fields[] {
  const { schemas, seed } = setup
  const { numbers, id, name } = resource
  return Array.from({ length: madeUpCount }, (_, at) => {
    const options = { seed: seedOf(seed, name, 'first', at), examples: false }
    const made = sample(schemas, numbers[0]!, options)
    if ('problem' in made || !isObject(made.value) || !isName(made.value[id])) return undefined
    return overlaid(schemas, numbers, made.value, belongings(setup, resource, made.value))
  }).filter((one) => one !== undefined)
}

/** `channelId` of a message is the id of a channel that is there. */
function belongings({ resources, store }: CrudSetup, own: Resource, value: Fields) {
  return Object.keys(value).flatMap((name): [string, unknown][] => {
    const owner = resources.all.find(
      (one) => one !== own && plainName(lastParameter(one)) === plainName(name),
    )
    const [first] = owner === undefined ? [] : store.all(owner)
    return owner === undefined || first === undefined ? [] : [[name, first.value[owner.id]]]
  })
}

const lastParameter = ({ address }: Resource): string =>
  /\{([^{}]+)\}$/.exec(address ?? '')?.[1] ?? ''
