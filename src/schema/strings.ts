// Rules about texts. Length is counted in code points, but only where the length in UTF-16 units,
// which is there for nothing, cannot tell.
import { textFormat } from './format.ts'
import type { Rules } from './plan.ts'
import type { Linked, TextTest } from './verdict.ts'

export function stringTest(rules: Rules, linked: Linked): TextTest | undefined {
  const length = lengthTest(rules.lengthMin ?? 0, rules.lengthMax ?? Infinity)
  const tests = [length]
  if (rules.pattern !== undefined) tests.push(linked.pattern(rules.pattern))
  if (rules.format !== undefined) tests.push(textFormat(rules.format))
  const [first, second, third] = tests.filter((test) => test !== undefined)
  if (first === undefined || second === undefined) return first
  if (third === undefined) return (value) => first(value) && second(value)
  return (value) => first(value) && second(value) && third(value)
}

function lengthTest(min: number, max: number): TextTest | undefined {
  if (min === 0 && max === Infinity) return undefined
  if (min <= 1 && max === Infinity) return (value) => value.length > 0
  return (value) => {
    const units = value.length
    if (units <= max && units >= 2 * min) return true
    if (units < min || units > 2 * max) return false
    const points = codePoints(value)
    return points >= min && points <= max
  }
}

export function codePoints(value: string): number {
  let pairs = 0
  for (let at = 0; at < value.length - 1; at++) {
    const unit = value.charCodeAt(at)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = value.charCodeAt(at + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      pairs++
      at++
    }
  }
  return value.length - pairs
}
