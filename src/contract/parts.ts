// The parts of a multipart/form-data body: which of them are texts, JSON or files, by the schema
// of each and by what `encoding` says of it.
import { nests } from './convert.ts'
import { isJson, mediaRange } from './media.ts'
import type { FieldPlan, MediaPlan, PartPlan, PartsPlan, Shape } from './operation.ts'
import { membersOf, shapeOfAll } from './shapes.ts'
import { child, children, isObject, type JsonObject, objectOf, type Reading } from './spot.ts'
import { report, type Spot, stringOf, targetOf } from './spot.ts'
import { alternatives } from './ways.ts'

type Multipart = Pick<MediaPlan, 'fields' | 'rest'> & { readonly parts: PartsPlan }

type FieldOf = (reading: Reading, media: Spot, name: string, shape: Shape) => FieldPlan

/** `fieldOf` reads how texts are written, as in forms. */
export function readParts(
  reading: Reading,
  media: Spot,
  schema: Spot | undefined,
  fieldOf: FieldOf,
): Multipart {
  if (schema === undefined)
    return { fields: [], rest: undefined, parts: { listed: [], rest: anything } }
  const { properties, rest } = membersOf(reading, schema)
  const encodings = objectOf(reading, media, 'encoding')
  const fields: FieldPlan[] = []
  const listed: PartPlan[] = []
  for (const [name, schemas] of properties) {
    const encoding = encodings && child(encodings, name)
    const isStyled = encoding !== undefined && counts(reading, encoding)
    const types = encoding === undefined || isStyled ? [] : readTypes(reading, encoding)
    const part = partOf(reading, schemas, types)
    listed.push({ name, ...part, ...(isStyled ? { as: 'text' as const } : {}) })
    if (part.as !== 'text' && !isStyled) continue
    const shape = shapeOfAll(reading, schemas)
    fields.push(isStyled ? fieldOf(reading, media, name, shape) : plainField(name, shape))
  }
  const others = rest.length > 0 ? shapeOfAll(reading, rest) : undefined
  return { fields, rest: others, parts: { listed, rest: restOf(reading, schema, rest) } }
}

/** Whether it says how the text is written, which OpenAPI 3.0 has for other forms alone. */
const counts = ({ openapi }: Reading, encoding: Spot): boolean =>
  openapi !== '3.0' && ['style', 'explode', 'allowReserved'].some((key) => child(encoding, key))

/** What may be an object may come as JSON. */
const plainField = (name: string, shape: Shape): FieldPlan => ({
  name,
  style: 'form',
  explode: true,
  shape,
  contentType: nests(shape) ? 'application/json' : undefined,
})

const anything: Omit<PartPlan, 'name'> = {
  as: 'any',
  many: true,
  types: [],
  bytesMin: 0,
  bytesMax: undefined,
}

function restOf(reading: Reading, schema: Spot, rest: readonly Spot[]): PartsPlan['rest'] {
  if (rest.length > 0) return partOf(reading, rest, [])
  const isClosed = layersOf(reading, [schema], ['allOf']).some(
    (layer) => layer['additionalProperties'] === false,
  )
  return isClosed ? undefined : anything
}

function readTypes(reading: Reading, encoding: Spot): string[] {
  const written = stringOf(reading, encoding, 'contentType')
  const types = written === undefined ? [] : written.split(',').map(mediaRange)
  if (types.includes(undefined))
    report(reading, child(encoding, 'contentType')!, '`contentType` must be a list of media types')
  return types.filter((type) => type !== undefined)
}

function partOf(
  reading: Reading,
  schemas: readonly Spot[],
  types: readonly string[],
): Omit<PartPlan, 'name'> {
  const shape = shapeOfAll(reading, schemas)
  const items = schemas.flatMap((schema) => membersOf(reading, schema).items)
  const many = alternatives(shape).some(({ kind }) => kind === 'array')
  const layers = layersOf(reading, many && items.length > 0 ? items : schemas, branching)
  const { bytesMin, bytesMax } = bytesOf(layers)
  const as = isFile(reading, layers) ? 'file' : kindOf(shape, types)
  return { as, many, types, bytesMin, bytesMax: as === 'file' ? bytesMax : undefined }
}

function kindOf(shape: Shape, types: readonly string[]): PartPlan['as'] {
  if (types.length > 0) {
    if (types.every(isJson)) return 'json'
    return types.every((type) => type.startsWith('text/')) ? 'text' : 'file'
  }
  const mayBeText = alternatives(shape).some(
    (one) => one.kind === 'scalar' && one.types.includes('string'),
  )
  return isComplex(shape) && !mayBeText ? 'json' : 'text'
}

/** Objects and lists of lists have no other form. */
const isComplex = (shape: Shape): boolean =>
  nests(shape) ||
  alternatives(shape).some((one) => one.kind === 'array' && one.items.kind === 'array')

/** Bytes that no rule on texts can judge (OpenAPI, "Considerations for File Uploads"). */
function isFile({ openapi }: Reading, layers: readonly JsonObject[]): boolean {
  if (layers.some((layer) => textRules.some((key) => key in layer))) return false
  const encodings = layers
    .map((layer) => layer['contentEncoding'])
    .filter((one) => one !== undefined)
  if (encodings.some((one) => !plainCodings.includes(one))) return false
  if (encodings.length > 0 || layers.some((layer) => layer['format'] === 'binary')) return true
  const isAnything = layers.every((layer) => Object.keys(layer).every(isAnnotation))
  if (isAnything) return openapi !== '3.0'
  return layers.some((layer) => 'contentMediaType' in layer)
}

const textRules = ['pattern', 'enum', 'const']

/** Of a `contentEncoding`: the bytes are what they are (RFC 2045, section 6.2). */
const plainCodings: readonly unknown[] = ['7bit', '8bit', 'binary']

const annotations = (
  '$comment title description default example examples deprecated readOnly writeOnly ' +
  'externalDocs xml contentMediaType'
).split(' ')

export const isAnnotation = (key: string): boolean =>
  annotations.includes(key) || key.startsWith('x-')

function bytesOf(layers: readonly JsonObject[]): Pick<PartPlan, 'bytesMin' | 'bytesMax'> {
  const numbers = (key: string) =>
    layers.map((layer) => layer[key]).filter((one) => typeof one === 'number')
  const most = numbers('maxLength')
  return {
    bytesMin: Math.max(0, ...numbers('minLength')),
    bytesMax: most.length === 0 ? undefined : Math.min(...most),
  }
}

const branching = ['allOf', 'anyOf', 'oneOf']

/** Bounds circles of `$ref`. */
const layersMax = 100

/** The keywords of schemas, and of those that they refer to, so far as these are objects. */
export function layersOf(
  reading: Reading,
  schemas: readonly Spot[],
  branchKeys: readonly string[],
): JsonObject[] {
  const layers: JsonObject[] = []
  const open = [...schemas]
  for (let schema = open.pop(); schema !== undefined && layers.length < layersMax;) {
    if (isObject(schema.value)) {
      const reference = child(schema, '$ref')
      const target = reference && targetOf(reading, reference)
      const { $ref, ...rest } = schema.value
      const own: Record<string, unknown> = rest
      for (const key of branchKeys) delete own[key]
      if ($ref === undefined || Object.keys(own).length > 0) layers.push(own)
      if (target !== undefined) open.push(target)
      for (const key of branchKeys) {
        const branches = child(schema, key)
        if (branches !== undefined) open.push(...children(branches).map(([, branch]) => branch))
      }
    }
    schema = open.pop()
  }
  return layers
}
