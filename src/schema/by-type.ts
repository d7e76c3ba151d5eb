// The JSON type of a value decides which rules hold for it: the first thing a check looks at.
import { typeBits } from './plan.ts'
import type { ArrayTest } from './arrays.ts'
import type { TextTest, Verdict } from './verdict.ts'
import type { NumberTest } from './numbers.ts'
import type { ObjectTest } from './objects.ts'

/** Rules by the type they speak of. */
export interface TypedTests {
  readonly string: TextTest | undefined
  readonly number: NumberTest | undefined
  readonly array: ArrayTest | undefined
  readonly object: ObjectTest | undefined
}

/** `types`: what is allowed; undefined: every type, and each test still holds for its own. */
export function byType(types: number | undefined, tests: TypedTests): Verdict | undefined {
  if (types !== undefined) return single(types, tests) ?? several(types, tests)
  const { string, number, array, object } = tests
  if (string === undefined && number === undefined && array === undefined && object === undefined) {
    return undefined
  }
  return several(everyType, tests)
}

const everyType = 127
const always = () => true

/** One type is by far the most frequent: one comparison, then straight on. */
function single(types: number, tests: TypedTests): Verdict | undefined {
  const { string, number, array, object } = tests
  switch (types) {
    case typeBits.string:
      return string === undefined ? isString : (value) => typeof value === 'string' && string(value)
    case typeBits.integer:
      return number === undefined
        ? isInteger
        : (value) => isInteger(value) && number(value as number)
    case typeBits.number:
      return number === undefined ? isNumber : (value) => typeof value === 'number' && number(value)
    case typeBits.boolean:
      return isBoolean
    case typeBits.array:
      return array === undefined ? Array.isArray : (value) => Array.isArray(value) && array(value)
    case typeBits.object:
      return object === undefined ? isPlainObject : (value) => isPlainObject(value) && object(value)
    default:
      return undefined
  }
}

const isString: Verdict = (value) => typeof value === 'string'
const isNumber: Verdict = (value) => typeof value === 'number'
const isInteger: Verdict = Number.isInteger
const isBoolean: Verdict = (value) => typeof value === 'boolean'
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function several(types: number, tests: TypedTests): Verdict {
  const string = (types & typeBits.string) === 0 ? undefined : (tests.string ?? always)
  const array = (types & typeBits.array) === 0 ? undefined : (tests.array ?? always)
  const object = (types & typeBits.object) === 0 ? undefined : (tests.object ?? always)
  const number = tests.number ?? always
  const anyNumber = (types & typeBits.number) !== 0
  const wholeNumber = (types & typeBits.integer) !== 0
  const boolean = (types & typeBits.boolean) !== 0
  const empty = (types & typeBits.null) !== 0
  return (value) => {
    switch (typeof value) {
      case 'string':
        return string !== undefined && string(value)
      case 'number':
        return (anyNumber || (wholeNumber && Number.isInteger(value))) && number(value)
      case 'boolean':
        return boolean
      case 'object':
        if (value === null) return empty
        if (Array.isArray(value)) return array !== undefined && array(value)
        return object !== undefined && object(value as Record<string, unknown>)
      default:
        return false
    }
  }
}

/** The word for a value's type in messages. */
export function typeBitsOf(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return typeBits.string
    case 'number':
      return Number.isInteger(value) ? typeBits.integer | typeBits.number : typeBits.number
    case 'boolean':
      return typeBits.boolean
    case 'object':
      if (value === null) return typeBits.null
      return Array.isArray(value) ? typeBits.array : typeBits.object
    default:
      return 0
  }
}
