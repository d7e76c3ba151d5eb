// The fields of each OpenAPI object that is read, and what is said of a field that is none of them.
import { nearestWord } from '../base.ts'
import { child, isObject, type Reading, report, type Spot } from './spot.ts'

const words = (text: string): readonly string[] => text.split(' ')

/** Fields of OpenAPI 3.0 and 3.1 together, by the specification's name of the object. */
const fieldsOf = {
  OpenAPI: words(
    'openapi info jsonSchemaDialect servers paths webhooks components security tags externalDocs',
  ),
  Components: words(
    'schemas responses parameters examples requestBodies headers securitySchemes links callbacks pathItems',
  ),
  Info: words('title version summary description termsOfService contact license'),
  'Path Item': words(
    '$ref summary description get put post delete options head patch trace servers parameters',
  ),
  Operation: words(
    'tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers',
  ),
  Parameter: words(
    'name in description required deprecated allowEmptyValue style explode allowReserved schema example examples content',
  ),
  'Request Body': words('description content required'),
  'Media Type': words('schema example examples encoding'),
  Encoding: words('contentType headers style explode allowReserved'),
  Response: words('description headers content links'),
  Header: words('description required deprecated style explode schema example examples content'),
  Server: words('url description variables'),
  'Server Variable': words('enum default description'),
  'Security Scheme': words('type description name in scheme bearerFormat flows openIdConnectUrl'),
} satisfies Record<string, readonly string[]>

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
  for (const key of Object.keys(spot.value)) {
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
