// YAML 1.2 with the core schema and nothing beyond data: no merge keys, no custom tags, no cycles,
// and a bound on what aliases unfold to.
import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import type { Document, Node, Pair, ParsedNode, YAMLError, YAMLMap } from 'yaml'

export interface YamlFault {
  readonly offset: number
  readonly message: string
}

export interface ParsedYaml {
  readonly value: unknown
  readonly faults: readonly YamlFault[]
  offset(path: readonly string[]): number
}

// Real contracts share anchors freely, so the package's own 100 is too few; what they unfold to
// is bounded after parsing, by count of values.
const aliasesMax = 10_000
const faultsMax = 20

export function parseYaml(text: string): ParsedYaml {
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Done below: the package compares each key with each other one (20,000 keys took 5.7 s).
    uniqueKeys: false,
    prettyErrors: false,
    stringKeys: false,
  })
  const told = [...document.errors, ...document.warnings].map(faultOf)
  const faults = (told.length > 0 ? told : repeatedKeys(document)).slice(0, faultsMax)
  const offset = (path: readonly string[]) => offsetOf(document, path)
  if (faults.length > 0) return { value: undefined, faults, offset }
  try {
    return { value: document.toJS({ maxAliasCount: aliasesMax }), faults, offset }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : 'it cannot be read'
    return { value: undefined, faults: [{ offset: brokenAlias(document), message }], offset }
  }
}

/**
 * The first alias without an anchor before it, which the package only misses when it makes values.
 * Asking each alias instead goes through the document again: 12 s where there are 10,000.
 */
function brokenAlias(document: Document.Parsed): number {
  const anchors = new Set<string>()
  let offset = 0
  visit(document, {
    Node(_, node) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.add(node.anchor)
        return undefined
      }
      if (anchors.has(node.source)) return undefined
      offset = node.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return offset
}

const messages: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'the file holds several YAML documents; write one',
  TAG_RESOLVE_FAILED: 'this tag is not understood: only plain data is read',
}

function faultOf({ code, message, pos }: YAMLError): YamlFault {
  const isTooDeep = message.includes('call stack')
  return { offset: pos[0], message: isTooDeep ? 'nested too deep' : (messages[code] ?? message) }
}

function repeatedKeys(document: Document.Parsed): YamlFault[] {
  const faults: YamlFault[] = []
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        const offset = key.range?.[0] ?? 0
        if (seen.has(name)) faults.push({ offset, message: `the key "${name}" is already there` })
        seen.add(name)
      }
    },
  })
  return faults
}

function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  let node: Node | ParsedNode | null | undefined = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    const child = childOf(node, step)
    if (child === undefined) break
    offset = child.offset ?? offset
    node = child.value
  }
  return offset
}

interface Child {
  readonly offset: number | undefined
  readonly value: Node | undefined
}

function childOf(node: unknown, step: string): Child | undefined {
  if (isSeq<Node>(node)) {
    const item = node.items[Number(step)]
    return item === undefined ? undefined : { offset: item.range?.[0], value: item }
  }
  if (!isMap<Node, Node | null>(node)) return undefined
  const pair = membersOf(node).get(step)
  return pair && { offset: pair.key.range?.[0], value: pair.value ?? undefined }
}

type Member = Pair<Node, Node | null>

const known = new WeakMap<object, ReadonlyMap<string, Member>>()

/** Kept: every operation is located, and to look through 20,000 paths for each took 8 s. */
function membersOf(map: YAMLMap<Node, Node | null>): ReadonlyMap<string, Member> {
  const before = known.get(map)
  if (before !== undefined) return before
  const members = new Map<string, Member>()
  for (const pair of map.items) if (isScalar(pair.key)) members.set(String(pair.key.value), pair)
  known.set(map, members)
  return members
}
