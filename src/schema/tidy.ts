// What is done to nodes once they are read: empty ones become `true`, references that stand alone
// vanish, equal ones become one, and references that only lead in a circle are found.
import { type PlanNode, type Rules, sameValueNodes, typeBits } from './plan.ts'

/** The plainest node with the same verdict. */
export function tidied(rules: Rules): PlanNode {
  const { types, ...rest } = rules
  const kept: Rules = types === undefined || types === everyType ? rest : rules
  const keys = Object.keys(kept)
  if (keys.length === 0) return true
  if (keys.length === 1 && kept.all?.length === 1) return kept.all[0] ?? true
  return kept
}

const everyType =
  typeBits.null |
  typeBits.boolean |
  typeBits.number |
  typeBits.string |
  typeBits.array |
  typeBits.object

/** One node of every circle of schemas that look at the same value. */
export function endlessLoops(nodes: readonly PlanNode[]): number[] {
  const done = new Uint8Array(nodes.length)
  const loops: number[] = []
  for (let start = 0; start < nodes.length; start++) {
    if (done[start] === 0) findLoops(nodes, start, done, loops)
  }
  return loops
}

const onPath = 1
const finished = 2

/** Depth first without recursion: a chain of references may be as long as the contract. */
function findLoops(
  nodes: readonly PlanNode[],
  start: number,
  done: Uint8Array,
  loops: number[],
): void {
  const path = [{ number: start, next: onSameValue(nodes[start]), at: 0 }]
  done[start] = onPath
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const target = top.next[top.at++]
    if (target === undefined) {
      done[top.number] = finished
      path.pop()
    } else if (done[target] === onPath) loops.push(target)
    else if (done[target] === 0) {
      done[target] = onPath
      path.push({ number: target, next: onSameValue(nodes[target]), at: 0 })
    }
  }
}

function onSameValue(node: PlanNode | undefined): readonly number[] {
  if (typeof node === 'number') return [node]
  return typeof node === 'object' ? sameValueNodes(node) : []
}

/**
 * Backwards, so that a schema comes after nearly all that it holds: two trees of schemas that are
 * written twice become one. What returned numbers stand for stays the same.
 */
export function deduplicated(nodes: readonly PlanNode[]): PlanNode[] {
  const settled = [...nodes]
  const first = new Map<string, number>()
  for (let number = settled.length - 1; number >= 0; number--) {
    const node = settled[number]
    if (typeof node !== 'object') continue
    const pointed = repointed(node, (target) => final(settled, target))
    const text = JSON.stringify(pointed)
    const known = first.get(text)
    if (known === undefined) first.set(text, number)
    settled[number] = known ?? pointed
  }
  return settled.map((node) => {
    if (typeof node === 'number') return final(settled, node)
    return typeof node === 'object' ? repointed(node, (target) => final(settled, target)) : node
  })
}

function final(nodes: readonly PlanNode[], number: number): number {
  let at = number
  for (let node = nodes[at]; typeof node === 'number'; node = nodes[at]) at = node
  return at
}

type Move = (target: number) => number

const movePairs = (pairs: readonly (readonly [string, number])[], move: Move): [string, number][] =>
  pairs.map(([name, target]) => [name, move(target)])

const single = [
  ...([
    'items',
    'contains',
    'unevaluatedItems',
    'others',
    'names',
    'unevaluatedProperties',
  ] as const),
  ...(['not', 'if', 'then', 'else'] as const),
]

/** The same rules with every reference moved. */
function repointed(rules: Rules, move: Move): Rules {
  const moved: { -readonly [Key in keyof Rules]: Rules[Key] } = { ...rules }
  for (const key of single) {
    const target = moved[key]
    if (target !== undefined) moved[key] = move(target)
  }
  for (const key of ['prefix', 'any', 'one'] as const) {
    const targets = moved[key]
    if (targets !== undefined) moved[key] = targets.map(move)
  }
  if (moved.all !== undefined) moved.all = [...new Set(moved.all.map(move))]
  for (const key of ['properties', 'patterns', 'implies'] as const) {
    const pairs = moved[key]
    if (pairs !== undefined) moved[key] = movePairs(pairs, move)
  }
  return moved
}
