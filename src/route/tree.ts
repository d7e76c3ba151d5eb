// The tree of segments, as the compiler has it before it becomes bytes (`table.ts`). A node has,
// most specific first: literal children by their text, partial ones (`{id}:cancel`) by their ends,
// and one for a parameter that takes the whole segment.
//
//   /users ──┬── me               literals: one look-up, whatever their number
//            ├── {id}:cancel      partials: one look-up for each pair of lengths of their ends
//            └── {id} ── posts    any
import { formBits } from './path.ts'
import type { RoutePlan } from './plan.ts'
import { parseTemplate, type Segment, type Template } from './template.ts'

/** What a route comes to once its template is in the tree. */
export interface Route {
  readonly method: string
  readonly operation: number
  /** Bits of `RoutePlan.allow`. */
  readonly forms: number
  /** Bits by place of the parameter: which are in style `matrix`, and which `label`. */
  readonly matrix: number
  readonly label: number
}

export class Node {
  /** Children by their text. */
  readonly literals = new Map<string, Node>()
  partials: PartialGroup[] | undefined
  any: Node | undefined
  /** Routes whose template ends here, one a method. */
  routes: Route[] | undefined
}

/** Partial segments whose first and last literals are of the same lengths. */
export interface PartialGroup {
  /** How many literal characters each of them has in all: the more, the more specific. */
  readonly literalLength: number
  readonly prefixLength: number
  readonly suffixLength: number
  /** By both ends together; more than one only where literals stand between parameters. */
  readonly byEnds: Map<string, Partial[]>
}

export interface Partial {
  /** Literals between two parameters, from left to right. */
  readonly between: readonly string[]
  readonly node: Node
}

/** The most nodes that a path may visit, see `visitsMax`. */
export const visitsBound = 2_000

export class Tree {
  readonly root = new Node()

  /** Adds a route; false where its template is malformed or another route has its shape. */
  add(plan: RoutePlan): boolean {
    const template = parseTemplate(plan.template)
    if (typeof template === 'string') return false
    let node = this.root
    for (const segment of template.segments) node = this.#childFor(node, segment)
    node.routes ??= []
    if (node.routes.some((route) => route.method === plan.method)) return false
    node.routes.push(routeOf(plan, template))
    return true
  }

  #childFor(node: Node, segment: Segment): Node {
    if (segment.length === 1) return literalChild(node, segment[0]!)
    const isWhole = segment.length === 2 && segment[0] === '' && segment[1] === ''
    return isWhole ? (node.any ??= new Node()) : partialChild(node, segment)
  }
}

function literalChild(node: Node, literal: string): Node {
  const there = node.literals.get(literal)
  if (there !== undefined) return there
  const child = new Node()
  node.literals.set(literal, child)
  return child
}

function routeOf(plan: RoutePlan, { names }: Template): Route {
  const bitsOf = (some: readonly string[] = []) =>
    names.reduce((bits, name, at) => (some.includes(name) ? bits | (1 << at) : bits), 0)
  return {
    method: plan.method,
    operation: plan.operation,
    forms: plan.allow.reduce((bits, form) => bits | formBits[form], 0),
    matrix: bitsOf(plan.matrix),
    label: bitsOf(plan.label),
  }
}

function partialChild(node: Node, segment: Segment): Node {
  const [prefix, suffix] = [segment[0]!, segment.at(-1)!]
  const between = segment.slice(1, -1)
  const { byEnds } = groupFor(node, segment.join('').length, prefix.length, suffix.length)
  let alike = byEnds.get(prefix + suffix)
  if (alike === undefined) byEnds.set(prefix + suffix, (alike = []))
  const there = alike.find((one) => one.between.join('{') === between.join('{'))
  // Beyond the bound the table is refused anyway: a hostile contract need not be read in full.
  if (there !== undefined || alike.length > visitsBound) return there?.node ?? new Node()
  const partial: Partial = { between, node: new Node() }
  alike.push(partial)
  alike.sort(compareBetween)
  return partial.node
}

function groupFor(node: Node, literalLength: number, prefixLength: number, suffixLength: number) {
  node.partials ??= []
  const there = node.partials.find(
    (group) =>
      group.literalLength === literalLength &&
      group.prefixLength === prefixLength &&
      group.suffixLength === suffixLength,
  )
  if (there !== undefined) return there
  const group: PartialGroup = { literalLength, prefixLength, suffixLength, byEnds: new Map() }
  if (node.partials.length > visitsBound) return group
  node.partials.push(group)
  node.partials.sort(compareGroups)
  return group
}

// Most specific first. The rest of each order is arbitrary but total, so that it does not depend
// on the order of the routes.
function compareGroups(a: PartialGroup, b: PartialGroup): number {
  return (
    b.literalLength - a.literalLength ||
    b.prefixLength - a.prefixLength ||
    b.suffixLength - a.suffixLength
  )
}

function compareBetween(a: Partial, b: Partial): number {
  if (a.between.length !== b.between.length) return a.between.length - b.between.length
  return a.between.join('{') < b.between.join('{') ? -1 : 1
}

/**
 * The most nodes that one path can visit: a node is visited at most once a path, and of all literal
 * children, as of all partials of one group with different ends, only one can match a segment.
 */
export function visitsMax(node: Node): number {
  let visits = 1 + (node.any === undefined ? 0 : visitsMax(node.any))
  let most = 0
  for (const child of node.literals.values()) most = Math.max(most, visitsMax(child))
  visits += most
  for (const group of node.partials ?? []) visits += 1 + groupVisitsMax(group)
  return visits
}

function groupVisitsMax(group: PartialGroup): number {
  let most = 0
  for (const alike of group.byEnds.values()) {
    const visits = alike.reduce((sum, { node }) => sum + visitsMax(node), 0)
    most = Math.max(most, visits)
  }
  return most
}
