// YAML 1.2 with the core schema and nothing beyond data: no merge keys, no custom tags, no cycles,
// and a bound on what aliases unfold to.
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, ParsedNode, YAMLError } from 'yaml'

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

export function parseYaml(text: string): ParsedYaml {
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: true,
    prettyErrors: false,
    stringKeys: false,
  })
  const faults = [...document.errors, ...document.warnings].map(faultOf)
  const offset = (path: readonly string[]) => offsetOf(document, path)
  if (faults.length > 0) return { value: undefined, faults, offset }
  try {
    return { value: document.toJS({ maxAliasCount: aliasesMax }), faults, offset }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : 'it cannot be read'
    return { value: undefined, faults: [{ offset: 0, message }], offset }
  }
}

const messages: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is already there: each key of a map may be written once',
  MULTIPLE_DOCS: 'the file holds several YAML documents; write one',
  TAG_RESOLVE_FAILED: 'this tag is not understood: only plain data is read',
}

const faultOf = (error: YAMLError): YamlFault => ({
  offset: error.pos[0],
  message: messages[error.code] ?? error.message,
})

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
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step)
  return pair && { offset: pair.key.range?.[0], value: pair.value ?? undefined }
}
