// Parameters: those of the path item and of the operation joined, each as a plan of how it is
// found and decoded.
import { checkFields } from './fields.ts'
import type { ParameterIn, ParameterPlan, Shape, Style } from './operation.ts'
import { shapeOf, text } from './shapes.ts'
import { booleanOf, child, children, follow, objectOf, type Reading, report } from './spot.ts'
import { type Spot, stringOf } from './spot.ts'

const places = ['path', 'query', 'header', 'cookie'] as const

/** The first is the default. */
const stylesIn: Readonly<Record<ParameterIn, readonly Style[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
}

/** OpenAPI gives these fields homes of their own, and ignores parameters of their names. */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization'])

interface Found {
  readonly spot: Spot
  readonly name: string
  readonly in: ParameterIn
}

/** Those of the path first, in template order: captured values come in that order. */
export function readParameters(
  reading: Reading,
  template: readonly string[],
  pathItem: Spot | undefined,
  operation: Spot,
): ParameterPlan[] {
  const found = new Map<string, Found>()
  for (const [key, one] of listed(reading, pathItem)) found.set(key, one)
  for (const [key, one] of listed(
    reading,
    operation.value ? child(operation, 'parameters') : undefined,
  )) {
    found.set(key, one)
  }
  checkTemplate(reading, template, [...found.values()], operation)
  const plans = [...found.values()]
    .map((one) => planOf(reading, one))
    .filter((plan) => plan !== undefined)
  const place = (plan: ParameterPlan) =>
    plan.in === 'path' ? template.indexOf(plan.name) : template.length
  return plans.toSorted((a, b) => place(a) - place(b))
}

/** A list's parameters by place and name; a name twice in one list is an error. */
function listed(reading: Reading, list: Spot | undefined): Map<string, Found> {
  const found = new Map<string, Found>()
  if (list === undefined) return found
  if (!Array.isArray(list.value)) report(reading, list, '`parameters` must be a list')
  for (const [, written] of Array.isArray(list.value) ? children(list) : []) {
    const one = identify(reading, written)
    if (one === undefined) continue
    const key = `${one.in} ${one.in === 'header' ? one.name.toLowerCase() : one.name}`
    if (found.has(key))
      report(reading, written, `${one.in} parameter \`${one.name}\` is listed twice`)
    else found.set(key, one)
  }
  return found
}

function identify(reading: Reading, written: Spot): Found | undefined {
  const spot = follow(reading, written)
  if (spot === undefined || !checkFields(reading, spot, 'Parameter')) return undefined
  const name = stringOf(reading, spot, 'name')
  const place = places.find((one) => one === child(spot, 'in')?.value)
  if (name === undefined || name === '') report(reading, spot, 'a parameter needs a `name`')
  if (place === undefined) {
    report(reading, child(spot, 'in') ?? spot, `\`in\` must be one of ${places.join(', ')}`)
  }
  if (!name || place === undefined) return undefined
  if (place === 'header' && ignoredHeaders.has(name.toLowerCase())) {
    const says = `header parameter \`${name}\` has no effect: OpenAPI ignores this name`
    report(reading, spot, says, 'note')
    return undefined
  }
  return { spot, name, in: place }
}

function checkTemplate(
  reading: Reading,
  template: readonly string[],
  found: readonly Found[],
  operation: Spot,
) {
  const inPath = found.filter((one) => one.in === 'path')
  for (const name of template) {
    if (inPath.some((one) => one.name === name)) continue
    report(reading, operation, `the path parameter \`${name}\` is not declared`)
  }
  for (const { name, spot } of inPath) {
    if (template.includes(name)) continue
    report(reading, spot, `the path has no \`{${name}}\`, which this parameter describes`)
  }
}

function planOf(reading: Reading, { spot, name, in: place }: Found): ParameterPlan | undefined {
  const typing = readTyping(reading, spot, name)
  if (typing === undefined) return undefined
  const style = readStyle(reading, spot, place)
  const required = booleanOf(reading, spot, 'required') ?? false
  if (place === 'path' && !required) {
    report(reading, spot, `path parameter \`${name}\` must say \`required: true\``, 'warning')
  }
  const explode = booleanOf(reading, spot, 'explode') ?? style === 'form'
  checkCombination(reading, spot, style, typing.shape)
  return {
    name,
    in: place,
    required: required || place === 'path',
    style,
    explode,
    allowReserved: booleanOf(reading, spot, 'allowReserved') ?? false,
    allowEmptyValue: place === 'query' && (booleanOf(reading, spot, 'allowEmptyValue') ?? false),
    ...typing,
  }
}

/** A header of a reply. */
export function readHeader(
  reading: Reading,
  name: string,
  written: Spot,
): ParameterPlan | undefined {
  const spot = follow(reading, written)
  if (spot === undefined || !checkFields(reading, spot, 'Header')) return undefined
  return planOf(reading, { spot, name, in: 'header' })
}

function readStyle(reading: Reading, spot: Spot, place: ParameterIn): Style {
  const styles = stylesIn[place]
  const written = stringOf(reading, spot, 'style')
  const style = styles.find((one) => one === written)
  if (written !== undefined && style === undefined) {
    const message = `\`style\` of a ${place} parameter must be one of ${styles.join(', ')}`
    report(reading, child(spot, 'style')!, message)
  }
  return style ?? styles[0]!
}

/** What the specification leaves undefined for a style. */
function checkCombination(reading: Reading, spot: Spot, style: Style, shape: Shape) {
  const kinds = shape.kind === 'mixed' ? shape.shapes.map((one) => one.kind) : [shape.kind]
  if (style === 'deepObject' && !kinds.includes('object')) {
    report(
      reading,
      child(spot, 'style')!,
      '`deepObject` is for objects, and the schema allows none',
    )
  }
  if (style.endsWith('Delimited') && kinds.every((kind) => kind === 'scalar')) {
    report(reading, child(spot, 'style')!, `\`${style}\` is for lists and objects`)
  }
}

type Typing = Pick<ParameterPlan, 'shape' | 'schema' | 'contentType'>

/** From `schema`, or from the one entry of `content`. */
function readTyping(reading: Reading, spot: Spot, name: string): Typing | undefined {
  const schema = child(spot, 'schema')
  const content = objectOf(reading, spot, 'content')
  if (schema !== undefined && content !== undefined) {
    report(reading, content, 'a parameter has `schema` or `content`, not both')
    return undefined
  }
  if (schema !== undefined) {
    return {
      shape: shapeOf(reading, schema),
      schema: reading.addSchema(schema),
      contentType: undefined,
    }
  }
  const media = content === undefined ? [] : children(content)
  if (content !== undefined && media.length !== 1) {
    report(reading, content, '`content` of a parameter must have exactly one entry')
    return undefined
  }
  const [type, spotOfType] = media[0] ?? []
  if (type === undefined || spotOfType === undefined) {
    report(reading, spot, `parameter \`${name}\` needs a \`schema\` or \`content\``)
    return undefined
  }
  if (!checkFields(reading, spotOfType, 'Media Type')) return undefined
  const inner = child(spotOfType, 'schema')
  const number = inner && reading.addSchema(inner)
  return { shape: text, schema: number, contentType: type.toLowerCase() }
}

/** Names between braces, in order. */
export function templateNames(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!)
}
