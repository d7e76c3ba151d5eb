// Media types of many values: which there are, and what the contract says of each value. OpenAPI
// 3.2 says it by `itemSchema`. Before, `schema` was all there was, and people wrote there what one
// line is: so it counts for each item, unless it is an array, whose `items` then count.
import { isJson, mediaRange } from './media.ts'
import type { ItemsPlan } from './operation.ts'
import { membersOf, shapeOf } from './shapes.ts'
import { child, type Reading, report, type Spot } from './spot.ts'

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

/** What `contentSchema` says of JSON in `data` is checked, too: most events are that. */
function eventsOf(reading: Reading, schema: Spot): ItemsPlan {
  const plan: ItemsPlan = { framing: 'events', schema: reading.addSchema(schema) }
  const [data] = membersOf(reading, schema).properties.get('data') ?? []
  const content = data && child(data, 'contentSchema')
  const type = data && child(data, 'contentMediaType')?.value
  const asJson = typeof type === 'string' && isJson(mediaRange(type) ?? '')
  return content !== undefined && asJson ? { ...plan, data: reading.addSchema(content) } : plan
}
