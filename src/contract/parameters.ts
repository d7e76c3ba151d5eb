// Parameters: those of the path item and of the operation joined, each as a plan of how it is
// found and decoded.
import { checkFields } from './fields.ts'
import type { Operation, ParameterIn, ParameterPlan, QuerystringPlan } from './operation.ts'
import type { Shape, Style } from './operation.ts'
import { readContent, readQuerystring, type Typing } from './parameter-content.ts'
import { shapeOf } from './shapes.ts'
import { booleanOf, child, children, follow, objectOf, type Reading, report } from './spot.ts'
import { type Spot, stringOf } from './spot.ts'

const places = ['path', 'query', 'header', 'cookie', 'querystring'] as const

/** The first is the default. */
const stylesIn: Readonly<Record<ParameterIn, readonly Style[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
}

/** OpenAPI gives these fields homes of their own, and ignores parameters of their names. */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization'])

interface Found {
  readonly spot: Spot
  readonly name: string
  readonly in: (typeof places)[number]
}

type Styled = Found & { readonly in: ParameterIn }

const isStyled = (found: Found): found is Styled => found.in !== 'querystring'

/** Those of the path first, in template order: captured values come in that order. */
export function readParameters(
  reading: Reading,
  template: readonly string[],
  pathItem: Spot | undefined,
  operation: Spot,
): Pick<Operation, 'parameters' | 'querystring'> {
  const byKey = new Map([
    ...listed(reading, pathItem),
    ...listed(reading, child(operation, 'parameters')),
  ])
  const found = [...byKey.values()]
  checkTemplate(reading, template, found, operation)
  const plans = found
    .filter(isStyled)
    .map((one) => planOf(reading, one))
    .filter((plan) => plan !== undefined)
  const place = (plan: ParameterPlan) =>
    plan.in === 'path' ? template.indexOf(plan.name) : template.length
  const parameters = plans.toSorted((a, b) => place(a) - place(b))
  const querystring = wholeQuery(reading, found)
  return { parameters, ...(querystring && { querystring }) }
}

function wholeQuery(reading: Reading, found: readonly Found[]): QuerystringPlan | undefined {
  const [whole, another] = found.filter((one) => one.in === 'querystring')
  if (whole === undefined) return undefined
  if (another !== undefined) report(reading, another.spot, 'the whole query is declared twice')
  const inside = found.find((one) => one.in === 'query')
  if (inside !== undefined) {
    const says = `query parameter \`${inside.name}\` stands beside \`in: querystring\`, which is the whole query`
    report(reading, inside.spot, says)
  }
  return readQuerystring(reading, whole.spot, whole.name)
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
  const known = reading.openapi === '3.2' ? places : places.slice(0, 4)
  const place = known.find((one) => one === child(spot, 'in')?.value)
  if (name === undefined || name === '') report(reading, spot, 'a parameter needs a `name`')
  if (place === undefined) {
    report(reading, child(spot, 'in') ?? spot, `\`in\` must be one of ${known.join(', ')}`)
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

function planOf(reading: Reading, { spot, name, in: place }: Styled): ParameterPlan | undefined {
  const typing = readTyping(reading, spot, name)
  if (typing === undefined) return undefined
  const style = readStyle(reading, spot, place)
  const required = booleanOf(reading, spot, 'required') ?? false
  if (place === 'path' && !required) {
    report(reading, spot, `path parameter \`${name}\` must say \`required: true\``, 'warning')
  }
  const explode = booleanOf(reading, spot, 'explode') ?? (style === 'form' || style === 'cookie')
  checkCombination(reading, spot, style, explode, typing.shape)
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
  const styles = stylesIn[place].filter((one) => one !== 'cookie' || reading.openapi === '3.2')
  const written = stringOf(reading, spot, 'style')
  const style = styles.find((one) => one === written)
  if (written !== undefined && style === undefined) {
    const message = `\`style\` of a ${place} parameter must be one of ${styles.join(', ')}`
    report(reading, child(spot, 'style')!, message)
  }
  return style ?? styles[0]!
}

/** What the specification leaves undefined for a style. */
function checkCombination(
  reading: Reading,
  spot: Spot,
  style: Style,
  explode: boolean,
  shape: Shape,
) {
  const kinds = shape.kind === 'mixed' ? shape.shapes.map((one) => one.kind) : [shape.kind]
  if (style === 'deepObject' && !kinds.includes('object')) {
    report(
      reading,
      child(spot, 'style')!,
      '`deepObject` is for objects, and the schema allows none',
    )
  }
  if (style === 'cookie' && !explode && kinds.some((kind) => kind !== 'scalar')) {
    report(
      reading,
      child(spot, 'explode')!,
      'a cookie holds no comma: lists and objects are spread',
    )
  }
  if (style.endsWith('Delimited') && kinds.every((kind) => kind === 'scalar')) {
    report(reading, child(spot, 'style')!, `\`${style}\` is for lists and objects`)
  }
}

/** From `schema`, or from the one entry of `content`. */
function readTyping(reading: Reading, spot: Spot, name: string): Typing | undefined {
  const schema = child(spot, 'schema')
  const content = objectOf(reading, spot, 'content')
  if (schema !== undefined && content !== undefined) {
    report(reading, content, 'a parameter has `schema` or `content`, not both')
    return undefined
  }
  if (content !== undefined) return readContent(reading, content)
  if (schema === undefined) {
    report(reading, spot, `parameter \`${name}\` needs a \`schema\` or \`content\``)
    return undefined
  }
  const number = reading.addSchema(schema)
  return { shape: shapeOf(reading, schema), schema: number, contentType: undefined }
}

/** Names between braces, in order. */
export function templateNames(template: string): string[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!)
}
