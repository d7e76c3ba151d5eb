// Media types of many values: which there are, and what the contract says of each value. OpenAPI
// 3.2 says it by `itemSchema`. Before, `schema` was all there was, and people wrote there what one
// line is: so it counts for each item, unless it is an array, whose `items` then count.
import { isJson, mediaRange } from './media.ts'
import type { ItemsPlan } from './operation.ts'
import { membersOf, shapeOf } from './shapes.ts'
import { child, children, type Reading, report, type Spot, targetOf } from './spot.ts'

const framings: Readonly<Record<string, ItemsPlan['framing']>> = {
  'application/jsonl': 'lines',
  'application/x-jsonl': 'lines',
  'application/jsonlines': 'lines',
  'application/x-jsonlines': 'lines',
  'application/json-lines': 'lines',
  'application/x-json-lines': 'lines',
  'application/ndjson': 'lines',
  'application/x-ndjson': 'lines',
  'application/json-seq': 'sequence',
  'text/event-stream': 'events',
}

export function framingOf(range: string): ItemsPlan['framing'] | undefined {
  return range.endsWith('+json-seq') ? 'sequence' : framings[range]
}

/** Undefined: nothing is said of the items that could be checked. */
export function readItems(
  reading: Reading,
  framing: ItemsPlan['framing'],
  media: Spot,
): ItemsPlan | undefined {
  const written = child(media, 'itemSchema')
  const schema = child(media, 'schema')
  if (written !== undefined && schema !== undefined && framing !== 'array')
    report(reading, schema, '`schema` is not checked: `itemSchema` is', 'note')
  if (framing === 'array') return written && { framing, schema: reading.addSchema(written) }
  if (framing === 'events') return written && eventsOf(reading, written)
  const item = written ?? (schema && itemOf(reading, schema))
  return { framing, schema: item && reading.addSchema(item) }
}

function itemOf(reading: Reading, schema: Spot): Spot | undefined {
  if (shapeOf(reading, schema).kind !== 'array') return schema
  const { items } = membersOf(reading, schema)
  return items.length === 1 ? items[0] : undefined
}

/**
 * What `contentSchema` says of JSON in `data` is checked, too: most events are that. Where an event
 * is one of several, each kind says it for itself.
 */
function eventsOf(reading: Reading, schema: Spot): ItemsPlan {
  const plan: ItemsPlan = { framing: 'events', schema: reading.addSchema(schema) }
  const kinds = kindsOf(reading, schema, { branches: kindsMax }).map((kind) => ({
    kind,
    content: contentOf(membersOf(reading, kind).properties.get('data') ?? []),
  }))
  if (kinds.every(({ content }) => content === undefined)) return plan
  const data = kinds.map(({ kind, content }) => ({
    schema: reading.addSchema(kind),
    content: content && reading.addSchema(content),
  }))
  return { ...plan, data }
}

const kindsMax = 64

/** The alternatives of a schema, or itself: also where it says of all of them what `data` holds. */
function kindsOf(reading: Reading, schema: Spot, left: { branches: number }): Spot[] {
  const reference = child(schema, '$ref')
  const target = reference && targetOf(reading, reference)
  if (target !== undefined && --left.branches > 0) return kindsOf(reading, target, left)
  const properties = child(schema, 'properties')
  const data = properties && child(properties, 'data')
  const alternatives = child(schema, 'oneOf') ?? child(schema, 'anyOf')
  const each = alternatives === undefined ? [] : children(alternatives)
  left.branches -= each.length
  if ((data && contentOf([data])) || each.length === 0 || left.branches < 0) return [schema]
  return each.flatMap(([, alternative]) => kindsOf(reading, alternative, left))
}

/** The first that says what JSON it holds. */
function contentOf(datas: readonly Spot[]): Spot | undefined {
  const said = datas.find((data) => {
    const type = child(data, 'contentMediaType')?.value
    return typeof type === 'string' && isJson(mediaRange(type) ?? '')
  })
  return said && child(said, 'contentSchema')
}
