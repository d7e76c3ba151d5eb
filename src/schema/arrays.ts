// Rules about arrays.
import { allDifferent } from './equal.ts'
import type { Rules } from './plan.ts'
import type { LinkNode, Verdict } from './verdict.ts'

export type ArrayTest = (value: readonly unknown[]) => boolean

export function arrayTest(rules: Rules, link: LinkNode): ArrayTest | undefined {
  const tests: ArrayTest[] = []
  const min = rules.itemsMin ?? 0
  const max = rules.itemsMax ?? Infinity
  if (min > 0 || max < Infinity) tests.push((value) => value.length >= min && value.length <= max)
  const items = itemsTest(rules, link)
  if (items !== undefined) tests.push(items)
  const contains = containsTest(rules, link)
  if (contains !== undefined) tests.push(contains)
  // Last, for it is the dearest.
  if (rules.unique === true) tests.push(allDifferent)
  const [first, second, ...more] = tests
  if (first === undefined || second === undefined) return first
  if (more.length === 0) return (value) => first(value) && second(value)
  return (value) => tests.every((test) => test(value))
}

function itemsTest(rules: Rules, link: LinkNode): ArrayTest | undefined {
  const prefix = (rules.prefix ?? []).map((id) => link(id))
  const rest = rules.items === undefined ? undefined : link(rules.items)
  if (prefix.length === 0) return rest && eachFrom(0, rest)
  const heads: ArrayTest = (value) => {
    const length = Math.min(prefix.length, value.length)
    for (let at = 0; at < length; at++) if (!prefix[at]?.(value[at])) return false
    return true
  }
  if (rest === undefined) return heads
  const tails = eachFrom(prefix.length, rest)
  return (value) => heads(value) && tails(value)
}

const eachFrom =
  (start: number, check: Verdict): ArrayTest =>
  (value) => {
    for (let at = start; at < value.length; at++) if (!check(value[at])) return false
    return true
  }

function containsTest(rules: Rules, link: LinkNode): ArrayTest | undefined {
  if (rules.contains === undefined) return undefined
  const check = link(rules.contains)
  const min = rules.containsMin ?? 1
  const max = rules.containsMax ?? Infinity
  return (value) => {
    let matches = 0
    for (const item of value) {
      if (check(item) && ++matches > max) return false
      if (matches >= min && max === Infinity) return true
    }
    return matches >= min
  }
}
