// Rules about objects. One pass over the value's own keys: each finds its field, and required
// fields are counted. Clients mostly send fields in the declared order, so the next field is tried
// before the map is asked; keys and names are both interned, which makes that a pointer comparison.
// A key such as `__proto__` is plain data: nothing is ever looked up on an object by name.
import type { Rules } from './plan.ts'
import type { Linked, Verdict } from './verdict.ts'

export type ObjectTest = (value: Record<string, unknown>) => boolean

interface Field {
  readonly name: string
  readonly check: Verdict
  readonly required: boolean
  /** Not declared, only required: the rule for other properties holds for it too. */
  readonly isOther: boolean
  /** The index of the field after it. */
  readonly next: number
}

export function objectTest(rules: Rules, linked: Linked): ObjectTest | undefined {
  const tests: ObjectTest[] = []
  const size = sizeTest(rules.propertiesMin ?? 0, rules.propertiesMax ?? Infinity)
  if (size !== undefined) tests.push(size)
  const fields = fieldsTest(rules, linked)
  if (fields !== undefined) tests.push(fields)
  for (const [name, needed] of rules.needs ?? []) {
    tests.push((value) => !Object.hasOwn(value, name) || hasAll(value, needed))
  }
  if (rules.names !== undefined) tests.push(namesTest(linked.verdict(rules.names)))
  if (tests.length <= 1) return tests[0]
  return (value) => {
    for (const test of tests) if (!test(value)) return false
    return true
  }
}

function sizeTest(min: number, max: number): ObjectTest | undefined {
  if (min === 0 && max === Infinity) return undefined
  return (value) => {
    let size = 0
    for (const name in value) {
      // The loop is over own keys of plain data; using the name keeps it from being dropped.
      if (name !== undefined && ++size > max) return false
    }
    return size >= min
  }
}

function hasAll(value: object, names: readonly string[]): boolean {
  for (const name of names) if (!Object.hasOwn(value, name)) return false
  return true
}

const namesTest =
  (check: Verdict): ObjectTest =>
  (value) => {
    for (const name in value) if (!check(name)) return false
    return true
  }

function fieldsTest(rules: Rules, linked: Linked): ObjectTest | undefined {
  const { required = [], properties = [], patterns = [], others } = rules
  const back = linked.keepsBack ? keptBack(rules) : none
  if (properties.length === 0 && patterns.length === 0 && others === undefined) {
    return required.length === 0 ? undefined : (value) => hasAll(value, required)
  }
  const fields = fieldsOf(properties, required, back, linked)
  const byName = new Map(fields.map((field) => [field.name, field]))
  const other = others === undefined ? undefined : linked.verdict(others)
  if (patterns.length > 0) return patternedTest(fields, byName, other, patterns, linked)
  return plainTest(fields, byName, other ?? always, required.length)
}

const always: Verdict = () => true
const never: Verdict = () => false
const none: ReadonlySet<string> = new Set()

/** Properties that must not come this way, `readOnly` or `writeOnly`. */
export const keptBack = (rules: Rules): ReadonlySet<string> =>
  new Set([...(rules.readOnly ?? []), ...(rules.writeOnly ?? [])])

function fieldsOf(
  properties: readonly (readonly [string, number])[],
  required: readonly string[],
  back: ReadonlySet<string>,
  linked: Linked,
): Field[] {
  const declared = new Map(properties)
  const wanted = new Set(required)
  const names = [...new Set([...declared.keys(), ...wanted])]
  return names.map((name, at) => {
    const id = declared.get(name)
    return {
      name: interned(name),
      check: back.has(name) ? never : id === undefined ? always : linked.verdict(id),
      required: wanted.has(name),
      isOther: id === undefined,
      next: at + 1,
    }
  })
}

/** V8 interns keys, not values; comparing two interned strings is comparing two pointers. */
const interned = (name: string): string => Object.keys({ [name]: true })[0] ?? name

function plainTest(
  fields: readonly Field[],
  byName: ReadonlyMap<string, Field>,
  other: Verdict,
  requiredCount: number,
): ObjectTest {
  const last = fields.length
  return (value) => {
    let missing = requiredCount
    let at = 0
    for (const name in value) {
      let field = at < last ? fields[at] : undefined
      if (field === undefined || field.name !== name) {
        field = byName.get(name)
        if (field === undefined) {
          if (!other(value[name])) return false
          continue
        }
      }
      at = field.next
      if (!field.check(value[name])) return false
      if (field.required) missing--
      if (field.isOther && !other(value[name])) return false
    }
    return missing === 0
  }
}

function patternedTest(
  fields: readonly Field[],
  byName: ReadonlyMap<string, Field>,
  other: Verdict | undefined,
  patterns: readonly (readonly [string, number])[],
  linked: Linked,
): ObjectTest {
  const matchers = patterns.map(([source, id]) => ({
    matches: linked.pattern(source),
    check: linked.verdict(id),
  }))
  const requiredCount = fields.filter((field) => field.required).length
  return (value) => {
    let missing = requiredCount
    for (const name in value) {
      const item = value[name]
      const field = byName.get(name)
      let known = field !== undefined && !field.isOther
      if (field !== undefined && !field.check(item)) return false
      if (field?.required === true) missing--
      for (const { matches, check } of matchers) {
        if (!matches(name)) continue
        known = true
        if (!check(item)) return false
      }
      if (!known && other !== undefined && !other(item)) return false
    }
    return missing === 0
  }
}
