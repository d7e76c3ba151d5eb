// Parameters that carry a text of some media type (`content`) in place of a styled value; and the
// parameter that is the whole query (OpenAPI 3.2), which is read like a body.
import { readMedia } from './bodies.ts'
import { checkFields } from './fields.ts'
import { isJson, mediaRange } from './media.ts'
import type { ParameterPlan, QuerystringPlan, Shape } from './operation.ts'
import { shapeOf, text } from './shapes.ts'
import { booleanOf, child, children, follow, objectOf, type Reading, report } from './spot.ts'
import type { Spot } from './spot.ts'

export type Typing = Pick<ParameterPlan, 'shape' | 'schema' | 'contentType'>

/** From the one entry of `content`. */
export function readContent(reading: Reading, content: Spot): Typing | undefined {
  const entry = onlyEntry(reading, content)
  const spot = entry && follow(reading, entry.written)
  if (spot === undefined || !checkFields(reading, spot, 'Media Type')) return undefined
  const { range } = entry!
  const schema = child(spot, 'schema')
  const plain = { shape: text, schema: undefined, contentType: range }
  if (schema === undefined) return plain
  if (isJson(range)) return { ...plain, schema: reading.addSchema(schema) }
  const shape = shapeOf(reading, schema)
  if (isText(shape)) return { ...plain, shape, schema: reading.addSchema(schema) }
  const says = `\`${range}\` is not read in parameters: this schema, of more than a text, has no effect`
  report(reading, schema, says, 'warning')
  return plain
}

/** Whether a text of any media type can be held against a schema of that shape as it is. */
const isText = (shape: Shape): boolean => shape.kind === 'scalar'

function onlyEntry(reading: Reading, content: Spot): { range: string; written: Spot } | undefined {
  const [first, ...more] = children(content)
  if (first === undefined || more.length > 0) {
    report(reading, content, '`content` of a parameter must have exactly one entry')
    return undefined
  }
  const [type, written] = first
  const range = mediaRange(type)
  if (range === undefined) report(reading, written, `\`${type}\` is no media type`)
  else if (range.includes('*')) {
    report(reading, written, `\`${type}\` may be anything: name the media type of the parameter`)
  } else return { range, written }
  return undefined
}

/** What only styled parameters have. */
const styleFields = ['schema', 'style', 'explode', 'allowReserved', 'allowEmptyValue']

export function readQuerystring(
  reading: Reading,
  spot: Spot,
  name: string,
): QuerystringPlan | undefined {
  for (const key of styleFields) {
    const stray = child(spot, key)
    const says = `\`${key}\` is not for \`in: querystring\`: the whole query has \`content\``
    if (stray !== undefined) report(reading, stray, says)
  }
  const content = objectOf(reading, spot, 'content')
  if (content === undefined) {
    report(reading, spot, `parameter \`${name}\` needs \`content\`: it is the whole query`)
    return undefined
  }
  const entry = onlyEntry(reading, content)
  const [media] = entry === undefined ? [] : readMedia(reading, content)
  if (media === undefined) return undefined
  return { name, required: booleanOf(reading, spot, 'required') ?? false, media }
}
