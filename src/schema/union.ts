// Which of several alternatives a value was meant to be, so that its errors can be told.
import { isPlainObject, typeBitsOf } from './by-type.ts'
import { isAmongOnce } from './equal.ts'
import type { Discriminator, PlanNode, Rules } from './plan.ts'

export type Choice =
  | { readonly kind: 'branch'; readonly id: number }
  /** None takes a value of this type. */
  | { readonly kind: 'types'; readonly types: number }
  /** The property that tells them apart is missing, or names none. */
  | {
      readonly kind: 'tag'
      readonly property: string
      readonly there: boolean
      readonly names: readonly string[]
    }
  | { readonly kind: 'unclear' }

type NodeOf = (id: number) => PlanNode

const unclear: Choice = { kind: 'unclear' }
const everyType = 127

export function chosenBranch(
  nodeOf: NodeOf,
  discriminator: Discriminator | undefined,
  ids: readonly number[],
  value: unknown,
): Choice {
  if (discriminator !== undefined && isPlainObject(value)) {
    return byDiscriminator(discriminator, ids, value)
  }
  const typed = ids.filter((id) => (typesOf(nodeOf, id) & typeBitsOf(value)) !== 0)
  if (typed.length === 0) {
    return { kind: 'types', types: ids.reduce((all, id) => all | typesOf(nodeOf, id), 0) }
  }
  const [only] = typed
  if (typed.length === 1 && only !== undefined) return { kind: 'branch', id: only }
  if (!isPlainObject(value)) return unclear
  const tagged = typed.filter((id) => tagsAgree(nodeOf, id, value))
  const [named] = tagged
  return tagged.length === 1 && named !== undefined ? { kind: 'branch', id: named } : unclear
}

function byDiscriminator(
  { property, branches, fallback }: Discriminator,
  ids: readonly number[],
  value: Record<string, unknown>,
): Choice {
  const there = Object.hasOwn(value, property)
  const tag = there ? value[property] : undefined
  // Names are texts in the contract, whatever type the property has.
  const text = typeof tag === 'object' ? undefined : String(tag)
  const index = there ? branches.find(([name]) => name === text)?.[1] : undefined
  const id = ids[index ?? fallback ?? -1]
  if (id !== undefined) return { kind: 'branch', id }
  return { kind: 'tag', property, there, names: [...new Set(branches.map(([name]) => name))] }
}

/** Types that a node lets pass, as far as it says so itself. */
function typesOf(nodeOf: NodeOf, id: number): number {
  let types = everyType
  for (const rules of flattened(nodeOf, id)) {
    if (rules === false) return 0
    if (rules.types !== undefined) types &= withIntegers(rules.types)
    const listed = rules.const === undefined ? rules.enum : [rules.const]
    if (listed !== undefined) types &= listed.reduce<number>((all, one) => all | typeBitsOf(one), 0)
  }
  return types
}

/** A schema that takes numbers takes integers. */
const withIntegers = (types: number): number => ((types & 8) === 0 ? types : types | 4)

/** Whether the properties that may only have listed values have one of them, and one has. */
function tagsAgree(nodeOf: NodeOf, id: number, value: Record<string, unknown>): boolean {
  let agreed = false
  for (const rules of flattened(nodeOf, id)) {
    if (rules === false) return false
    for (const [name, property] of rules.properties ?? []) {
      const listed = listedValues(nodeOf, property)
      if (listed === undefined || !Object.hasOwn(value, name)) continue
      if (!isAmongOnce(listed)(value[name])) return false
      agreed = true
    }
  }
  return agreed
}

function listedValues(nodeOf: NodeOf, id: number): readonly unknown[] | undefined {
  for (const rules of flattened(nodeOf, id)) {
    if (rules === false) continue
    if (rules.const !== undefined) return [rules.const]
    if (rules.enum !== undefined) return rules.enum
  }
  return undefined
}

/** Far enough for any contract written by hand; it only makes messages better. */
const flattenMax = 32

/** A node and all that it includes by `$ref` and `allOf`. */
function flattened(nodeOf: NodeOf, id: number): (Rules | false)[] {
  const found: (Rules | false)[] = []
  const waiting = [id]
  for (let steps = 0; steps < flattenMax; steps++) {
    const next = waiting.shift()
    if (next === undefined) break
    const node = nodeOf(next)
    if (typeof node === 'number') waiting.push(node)
    else if (node === false) found.push(node)
    else if (typeof node === 'object') {
      found.push(node)
      waiting.push(...(node.all ?? []))
    }
  }
  return found
}
