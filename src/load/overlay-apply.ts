// Applies overlays to a document, action after action, each to what the one before it left. What
// selects nothing is an error, for somebody believes that it changed something.
import { nearestWord, type Problem } from '../base.ts'
import { Budget, Exhausted } from './budget.ts'
import { type Node, pathOf, select } from './jsonpath.ts'
import type { Query } from './jsonpath-query.ts'
import { isContainer, kindOf, Merged, type Origin } from './merged.ts'
import type { Action, Overlay } from './overlay.ts'
import { depthMax, type Located } from './text.ts'

/** The document with all that the overlays say, as far as they could be applied. */
export function overlaid(document: Located, overlays: readonly Overlay[], budget: Budget): Located {
  const merged = new Merged(document.value, document.locate)
  const problems: Problem[] = []
  for (const overlay of overlays) {
    for (const action of overlay.actions) {
      if (problems.length >= problemsMax || budget.isSpent) break
      const problem = applied({ merged, budget, overlay, action })
      if (problem !== undefined) problems.push(problem)
    }
  }
  const value = problems.length > 0 ? undefined : merged.value
  return { value, problems, locate: (pointer) => merged.locate(pointer) }
}

/** To say why an action is refused may take looking through all keys of an object. */
const problemsMax = 20

interface Work {
  readonly merged: Merged
  readonly budget: Budget
  readonly overlay: Overlay
  readonly action: Action
}

/** Applies one action, or says why not. */
function applied(work: Work): Problem | undefined {
  try {
    return apply(work)
  } catch (thrown) {
    if (thrown instanceof Exhausted) return refusal(work, 'target', `refused: ${thrown.message}`)
    throw thrown
  }
}

function apply(work: Work): Problem | undefined {
  const { merged, budget, overlay, action } = work
  const nodes = unique(action.target, select(action.target, merged.value, budget))
  if (nodes.length === 0) {
    const hint = nearMiss(action.target, merged.value)
    return refusal(work, 'target', `this selects nothing, so the action has no effect${hint}`)
  }
  const objection = overlay.isLater ? undefined : ofEarlier(nodes)
  if (objection !== undefined) return refusal(work, 'target', objection)
  if (action.change.kind === 'remove') return remove(work, nodes)
  const kinds = [...new Set(nodes.map(({ value }) => kindOf(value)))]
  if (kinds.length > 1) {
    const listed = `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`
    const message = `this selects ${listed}: only nodes of one kind change together`
    return refusal(work, 'target', message)
  }
  return merge(work, nodes)
}

const ofEarlier = (nodes: readonly Node[]): string | undefined =>
  nodes.every(({ value }) => isContainer(value))
    ? undefined
    : 'this selects single values, which only Overlay 1.1 changes: write `overlay: 1.1.0`'

function remove({ merged, budget, ...work }: Work, nodes: readonly Node[]): Problem | undefined {
  if (nodes.some(({ above }) => above === undefined)) {
    return refusal(work, 'target', 'the whole document cannot be removed')
  }
  // What holds them is copied, and a list is put together again.
  const holders = new Set(nodes.map(({ above }) => above!.value as object))
  for (const holder of holders) budget.spend(Object.keys(holder).length)
  merged.remove(nodes.map(pathOf))
  return undefined
}

function merge(work: Work, nodes: readonly Node[]): Problem | undefined {
  const { merged, budget } = work
  const source = sourceOf(work)
  if ('severity' in source) return source
  const size = sizeOf(source.value, budget)
  for (const node of nodes) {
    const path = pathOf(node)
    if (path.length + size.depth > depthMax) {
      return refusal(work, 'target', `the contract would be nested deeper than ${depthMax}`)
    }
    budget.spend(path.length)
    budget.add(size.values)
    const clash = merged.merge(path, source.value, source.origin)
    if (clash !== undefined) {
      const { origin, message } = clash
      return { severity: 'error', message, place: origin.locate(origin.pointer) }
    }
  }
  return undefined
}

interface Source {
  readonly value: unknown
  readonly origin: Origin
}

function sourceOf(work: Work): Source | Problem {
  const { merged, budget, overlay, action } = work
  const { change, pointer } = action
  if (change.kind !== 'copy') {
    const value = change.kind === 'update' ? change.value : undefined
    return { value, origin: { locate: overlay.locate, pointer: `${pointer}/update` } }
  }
  const found = unique(change.from, select(change.from, merged.value, budget))
  if (found.length !== 1) {
    const count = found.length === 0 ? 'nothing' : `${found.length} nodes`
    return refusal(work, 'copy', `this selects ${count}: it must select one node`)
  }
  // What is copied is where the overlay says so: there it must be changed.
  const place = overlay.locate(`${pointer}/copy`)
  const size = sizeOf(found[0]!.value, budget)
  budget.add(size.values)
  return { value: merged.detached(found[0]!.value), origin: { locate: () => place, pointer: '' } }
}

/** As the tree that a value stands for: what is shared counts as often as it is there. */
function sizeOf(value: unknown, budget: Budget): { values: number; depth: number } {
  let values = 0
  let deepest = 0
  const waiting: [unknown, number][] = [[value, 0]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [one, depth] = next
    budget.spend(1)
    values++
    if (!isContainer(one)) continue
    deepest = Math.max(deepest, depth + 1)
    for (const inner of Object.values(one)) waiting.push([inner, depth + 1])
  }
  return { values, depth: deepest }
}

/** Only such a query can select a node twice. */
const mayRepeat = ({ segments }: Query): boolean =>
  segments.some(({ selectors }) => selectors.length > 1) ||
  segments.filter(({ deep }) => deep).length > 1

function unique(query: Query, nodes: Node[]): Node[] {
  if (!mayRepeat(query)) return nodes
  const seen = new Map<string, Node>()
  for (const node of nodes) {
    const name = JSON.stringify(pathOf(node))
    if (!seen.has(name)) seen.set(name, node)
  }
  return [...seen.values()]
}

/** Where a plain path stops leading on, and the key that may have been meant. */
function nearMiss({ segments }: Query, root: unknown): string {
  let here = root
  for (const { deep, selectors } of segments) {
    const [selector] = selectors
    if (deep || selectors.length !== 1 || selector?.kind !== 'name') return ''
    if (!isContainer(here) || Array.isArray(here)) return ''
    const { name } = selector
    if (!Object.hasOwn(here, name)) return missing(name, here)
    here = here[name]
  }
  return ''
}

function missing(name: string, object: Readonly<Record<string, unknown>>): string {
  const nearest = nearestWord(name, Object.keys(object))
  const isElsewhere = nearest === undefined && typeof object['$ref'] === 'string'
  if (isElsewhere) {
    return `: "${name}" stands where \`$ref\` leads; an overlay changes one document, see \`extends\``
  }
  const hint = nearest === undefined ? '' : `: did you mean "${nearest}"?`
  return `: there is no "${name}"${hint}`
}

function refusal(
  { overlay, action }: Pick<Work, 'overlay' | 'action'>,
  field: string,
  message: string,
): Problem {
  return { severity: 'error', message, place: overlay.locate(`${action.pointer}/${field}`) }
}
