// Comparisons of JSONPath (RFC 9535 section 2.3.5.2.2): deep equality, order of numbers and of
// texts, and nothing else; no value at all equals only no value.
import type { Budget } from './budget.ts'
import type { Operator } from './jsonpath-query.ts'

/** Undefined: there is no value. */
type Value = { readonly is: unknown } | undefined

export function compares(operator: Operator, left: Value, right: Value, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return same(left, right, budget)
    case '!=':
      return !same(left, right, budget)
    case '<':
      return isLess(left, right)
    case '>':
      return isLess(right, left)
    case '<=':
      return isLess(left, right) || same(left, right, budget)
    case '>=':
      return isLess(right, left) || same(left, right, budget)
  }
}

function isLess(left: Value, right: Value): boolean {
  const [a, b] = [left?.is, right?.is]
  if (typeof a === 'number' && typeof b === 'number') return a < b
  return typeof a === 'string' && typeof b === 'string' && comesBefore(a, b)
}

/** By code points, where the language compares halves of them. */
function comesBefore(a: string, b: string): boolean {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  if (at > 0 && /[\ud800-\udbff]/.test(a[at - 1]!)) at--
  return (a.codePointAt(at) ?? -1) < (b.codePointAt(at) ?? -1)
}

function same(left: Value, right: Value, budget: Budget): boolean {
  if (left === undefined || right === undefined) return left === right
  const waiting: [unknown, unknown][] = [[left.is, right.is]]
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    budget.spend(1)
    const [a, b] = pair
    if (a === b) continue
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
    if (Array.isArray(a) !== Array.isArray(b)) return false
    const keys = Object.keys(a)
    if (keys.length !== Object.keys(b).length) return false
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false
      waiting.push([(a as Members)[key], (b as Members)[key]])
    }
  }
  return true
}

type Members = Readonly<Record<string, unknown>>
