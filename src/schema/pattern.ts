// Patterns of a contract, run against texts of clients: no text may hold the event loop. A pattern
// is read and then
// - given to the native engine, where that cannot try anything twice (most are),
// - or to our own matcher, which is linear on any pattern that is regular,
// - or refused when the contract is compiled: back references, look-arounds inside.
// Look-aheads at the very start (`^(?=.*\d)(?!.*\s).+$`) are conditions of their own on the same
// text, so they are taken apart and each goes its own way.
import { freely, linearFault, linearTest } from './pattern-linear.ts'
import { parsePattern, type Tree, UnknownSyntax } from './pattern-parse.ts'
import { isSafe } from './pattern-safety.ts'
import type { TextTest } from './verdict.ts'

/** Why a pattern cannot be used, or undefined. */
export function patternFault(source: string): string | undefined {
  if (nativePattern(source) === undefined) return 'the pattern is no regular expression'
  const tree = treeOf(source)
  if (typeof tree === 'string') return tree
  if (isSafe(tree)) return undefined
  const faults = conditions(tree).map((one) => linearFault(one.tree))
  const fault = faults.find((one) => one !== undefined)
  return fault && `the pattern cannot be matched in linear time: ${fault}`
}

export function linkPattern(source: string, spend = freely): TextTest {
  const tree = treeOf(source)
  const native = nativePattern(source)
  if (typeof tree === 'string' || native === undefined) throw new Error(`unusable: ${source}`)
  if (isSafe(tree)) return (text) => native.test(text)
  const tests = conditions(tree).map(({ tree: one, negated }): TextTest => {
    const test = linearTest(one, spend)
    return negated ? (text) => !test(text) : test
  })
  const [first, ...more] = tests
  if (first !== undefined && more.length === 0) return first
  return (text) => tests.every((test) => test(text))
}

/** As JSON Schema asks, by code points; some contracts escape what only the old syntax lets them. */
function nativePattern(source: string): RegExp | undefined {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(source, flags)
    } catch {
      // The next flags, or none.
    }
  }
  return undefined
}

function treeOf(source: string): Tree | string {
  try {
    return parsePattern(source)
  } catch (error) {
    if (error instanceof UnknownSyntax) return `the pattern has ${error.message}`
    throw error
  }
}

interface Condition {
  readonly tree: Tree
  readonly negated: boolean
}

const start: Tree = { kind: 'edge', at: 'start' }

/** All of them together say what the pattern says. */
function conditions(tree: Tree): Condition[] {
  if (tree.kind !== 'sequence') return [{ tree, negated: false }]
  const [edge, ...items] = tree.items
  if (edge?.kind !== 'edge' || edge.at !== 'start') return [{ tree, negated: false }]
  const found: Condition[] = []
  for (let item = items[0]; item?.kind === 'look' && item.ahead; item = items[0]) {
    found.push({ tree: { kind: 'sequence', items: [start, item.item] }, negated: item.negated })
    items.shift()
  }
  return [...found, { tree: { kind: 'sequence', items: [start, ...items] }, negated: false }]
}
