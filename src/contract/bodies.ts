// Request bodies: which media types, how each is read, and how the fields of a form are written.
import { checkFields } from './fields.ts'
import { nests } from './convert.ts'
import { isJson, mediaRange } from './media.ts'
import type { BodyPlan, FieldPlan, MediaPlan, ObjectShape, Shape, Style } from './operation.ts'
import { shapeOf, text } from './shapes.ts'
import { booleanOf, child, children, follow, objectOf, type Reading, report } from './spot.ts'
import { type Spot, stringOf } from './spot.ts'

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
  const reader = readerOf(range)
  const schema = child(spot, 'schema')
  if (range.endsWith('/*') && (schema === undefined || !nests(shapeOf(reading, schema)))) {
    return { range, reader: 'other', schema: undefined, fields: [], rest: undefined }
  }
  const none = { range, reader, schema: undefined, fields: [], rest: undefined }
  if (schema === undefined || reader === 'other') return none
  const number = reading.addSchema(schema)
  if (reader === 'json') return { ...none, schema: number }
  const shape = objectShapeOf(shapeOf(reading, schema))
  const fields = shape?.properties.map(([name, one]) => fieldOf(reading, spot, name, one)) ?? []
  return { ...none, schema: number, fields, rest: shape?.rest }
}

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
