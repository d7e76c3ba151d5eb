// The fields of each OpenAPI object that is read, and what is said of a field that is none of them.
import { nearestWord } from '../base.ts'
import { child, isObject, type Reading, report, type Spot } from './spot.ts'

const words = (text: string): readonly string[] => text.split(' ')

/** Fields of OpenAPI 3.0, 3.1 and 3.2 together, by the specification's name of the object. */
const fieldsOf = {
  OpenAPI: words(
    'openapi $self info jsonSchemaDialect servers paths webhooks components security tags externalDocs',
  ),
  Components: words(
    'schemas responses parameters examples requestBodies headers securitySchemes links callbacks pathItems mediaTypes',
  ),
  Info: words('title version summary description termsOfService contact license'),
  'Path Item': words(
    '$ref summary description get put post delete options head patch trace query additionalOperations servers parameters',
  ),
  Operation: words(
    'tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers',
  ),
  Parameter: words(
    'name in description required deprecated allowEmptyValue style explode allowReserved schema example examples content',
  ),
  'Request Body': words('description content required'),
  'Media Type': words('schema itemSchema example examples encoding prefixEncoding itemEncoding'),
  Encoding: words(
    'contentType headers style explode allowReserved encoding prefixEncoding itemEncoding',
  ),
  Response: words('summary description headers content links'),
  Header: words('description required deprecated style explode schema example examples content'),
  Server: words('url name description variables'),
  'Server Variable': words('enum default description'),
  'Security Scheme': words(
    'type description name in scheme bearerFormat flows openIdConnectUrl oauth2MetadataUrl deprecated',
  ),
} satisfies Record<string, readonly string[]>

/** Those that came with OpenAPI 3.2: in older documents they say nothing. */
const newFields: { readonly [Name in keyof typeof fieldsOf]?: readonly string[] } = {
  OpenAPI: words('$self'),
  Components: words('mediaTypes'),
  'Path Item': words('query additionalOperations'),
  // `itemSchema` counts in all: before it there was no right way to say it.
  'Media Type': words('prefixEncoding itemEncoding'),
  Encoding: words('encoding prefixEncoding itemEncoding'),
  Response: words('summary'),
  Server: words('name'),
  'Security Scheme': words('oauth2MetadataUrl deprecated'),
}

export type ObjectName = keyof typeof fieldsOf

/**
 * Holds the keys of an object against its fields. What is nearly a field is a slip, and an error,
 * for it would silently not count; what is far from all is some tool's own, and a warning.
 * @returns false, and it is reported, where the value is no object at all.
 */
export function checkFields(reading: Reading, spot: Spot, name: ObjectName): boolean {
  if (!isObject(spot.value)) {
    report(reading, spot, `expected ${article(name)} ${name} object`)
    return false
  }
  const fields = fieldsOf[name]
  const tooNew = reading.openapi === '3.2' ? undefined : newFields[name]
  for (const key of Object.keys(spot.value)) {
    if (tooNew?.includes(key)) {
      const message = `\`${key}\` came with OpenAPI 3.2: in a document of ${reading.openapi} it has no effect`
      report(reading, child(spot, key)!, message, 'warning')
    }
    if (fields.includes(key) || key.startsWith('x-')) continue
    const nearest = nearestWord(key, fields)
    const says = `\`${key}\` is not a field of ${article(name)} ${name} object`
    const at = child(spot, key)!
    if (nearest === undefined) report(reading, at, `${says}: it has no effect`, 'warning')
    else report(reading, at, `${says}: did you mean \`${nearest}\`?`)
  }
  return true
}

const article = (name: string): string => (/^[AEIO]/.test(name) ? 'an' : 'a')
