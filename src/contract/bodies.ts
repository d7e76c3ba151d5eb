// Request bodies: which media types, how each is read, and how the fields of a form are written.
import { checkFields } from './fields.ts'
import { nests } from './convert.ts'
import { framingOf, readItems } from './items.ts'
import { isJson, mediaRange } from './media.ts'
import type { BodyPlan, FieldPlan, ItemsPlan, MediaPlan, ObjectShape } from './operation.ts'
import type { Shape, Style } from './operation.ts'
import { isAnnotation, layersOf, readParts } from './parts.ts'
import { shapeOf, text } from './shapes.ts'
import { booleanOf, child, children, follow, objectOf, type Reading, report } from './spot.ts'
import { type Spot, stringOf } from './spot.ts'
import { alternatives } from './ways.ts'

export function readBody(reading: Reading, operation: Spot): BodyPlan | undefined {
  const written = child(operation, 'requestBody')
  const spot = written && follow(reading, written)
  if (spot === undefined || !checkFields(reading, spot, 'Request Body')) return undefined
  const content = objectOf(reading, spot, 'content')
  if (content === undefined) {
    if (child(spot, 'content') === undefined) report(reading, spot, 'a body needs `content`')
    return undefined
  }
  return {
    required: booleanOf(reading, spot, 'required') ?? false,
    media: readMedia(reading, content),
  }
}

/** The media types of a `content`, in declared order. */
export function readMedia(reading: Reading, content: Spot): MediaPlan[] {
  const media = new Map<string, MediaPlan>()
  for (const [type, written] of children(content)) {
    const spot = follow(reading, written)
    if (spot === undefined) continue
    const range = mediaRange(type)
    if (range === undefined) report(reading, spot, `\`${type}\` is no media type`)
    else if (media.has(range)) {
      report(reading, spot, `\`${range}\` is there already: parameters do not tell bodies apart`)
    } else if (checkFields(reading, spot, 'Media Type'))
      media.set(range, planOf(reading, range, spot))
  }
  return [...media.values()]
}

function planOf(reading: Reading, range: string, spot: Spot): MediaPlan {
  const schema = child(spot, 'schema')
  const framing = framingOf(range)
  if (framing !== undefined) return itemsPlan(reading, range, framing, spot)
  if (range.startsWith('multipart/')) return multipartPlan(reading, range, spot)
  if (range.startsWith('text/') && !range.endsWith('/*') && !isJson(range))
    return textPlan(reading, range, schema)
  const reader = readerOf(range)
  if (range.endsWith('/*') && (schema === undefined || !nests(shapeOf(reading, schema)))) {
    return unread(range)
  }
  const none = { ...unread(range), reader }
  if (reader === 'json') {
    const items = readItems(reading, 'array', spot)
    const number = schema && reading.addSchema(schema)
    return { ...none, schema: number, ...(items === undefined ? {} : { items }) }
  }
  if (schema === undefined || reader === 'other') return none
  const number = reading.addSchema(schema)
  const shape = objectShapeOf(shapeOf(reading, schema))
  const fields = shape?.properties.map(([name, one]) => fieldOf(reading, spot, name, one)) ?? []
  return { ...none, schema: number, fields, rest: shape?.rest }
}

const unread = (range: string): MediaPlan => ({
  range,
  reader: 'other',
  schema: undefined,
  fields: [],
  rest: undefined,
})

function itemsPlan(
  reading: Reading,
  range: string,
  framing: ItemsPlan['framing'],
  media: Spot,
): MediaPlan {
  const items = readItems(reading, framing, media)
  return items === undefined ? unread(range) : { ...unread(range), reader: 'items', items }
}

/** Of the multipart types only form-data is read, and only on its way upstream. */
function multipartPlan(reading: Reading, range: string, media: Spot): MediaPlan {
  if (reading.direction === 'reply') return unread(range)
  if (range !== 'multipart/form-data') {
    report(reading, media, `bodies of ${range} go through unread`, 'note')
    return unread(range)
  }
  const schema = child(media, 'schema')
  const parts = readParts(reading, media, schema, fieldOf)
  return {
    ...unread(range),
    reader: 'multipart',
    ...parts,
    schema: schema && reading.addSchema(schema),
  }
}

/** What the schema says of nothing but the type is seen as it streams by, at any length. */
function textPlan(reading: Reading, range: string, schema: Spot | undefined): MediaPlan {
  if (schema === undefined) return unread(range)
  const shape = shapeOf(reading, schema)
  const layers = layersOf(reading, [schema], [])
  const isBinary = layers.some((layer) => layer['format'] === 'binary')
  if (isBinary || alternatives(shape).some(({ kind }) => kind !== 'scalar')) return unread(range)
  const saysMore = layers.some((layer) => !Object.entries(layer).every(saysText))
  return {
    ...unread(range),
    reader: 'text',
    schema: saysMore ? reading.addSchema(schema) : undefined,
    shape,
  }
}

const saysText = ([key, value]: [string, unknown]): boolean =>
  isAnnotation(key) || (key === 'type' && value === 'string')

/** A range such as `*\/*` is read as JSON where a request says that it is. */
function readerOf(range: string): MediaPlan['reader'] {
  if (range === 'application/x-www-form-urlencoded') return 'form'
  return isJson(range) || range === '*/*' || range === 'application/*' ? 'json' : 'other'
}

const objectShapeOf = (shape: Shape): ObjectShape | undefined => {
  if (shape.kind === 'mixed') return shape.shapes.find((one) => one.kind === 'object')
  return shape.kind === 'object' ? shape : undefined
}

const formStyles: readonly Style[] = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']

function fieldOf(reading: Reading, media: Spot, name: string, shape: Shape): FieldPlan {
  const encodings = objectOf(reading, media, 'encoding')
  const spot = encodings && child(encodings, name)
  const nested = nests(shape) ? 'application/json' : undefined
  const plain: FieldPlan = { name, style: 'form', explode: true, shape, contentType: nested }
  if (spot === undefined || !checkFields(reading, spot, 'Encoding')) return plain
  const written = stringOf(reading, spot, 'style')
  const style = formStyles.find((one) => one === written)
  if (written !== undefined && style === undefined) {
    const message = `\`style\` must be one of ${formStyles.join(', ')}`
    report(reading, child(spot, 'style')!, message)
  }
  const contentType = stringOf(reading, spot, 'contentType')?.toLowerCase()
  const explode = booleanOf(reading, spot, 'explode') ?? (style ?? 'form') === 'form'
  // `contentType` counts only where none of the others is there (OpenAPI, Encoding Object).
  const isStyled = written !== undefined || child(spot, 'explode') !== undefined
  if (isStyled) return { ...plain, style: style ?? 'form', explode, contentType: undefined }
  if (contentType === undefined) return plain
  const asJson = isJson(contentType)
  return { ...plain, shape: asJson ? shape : text, contentType: asJson ? contentType : undefined }
}
