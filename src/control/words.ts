// A configuration in a few words: `requestsMax 1200, windowMs 60000`. For people; bounded, for lists
// of addresses may be long. It is kept and shown, so what may be a secret is left out.

const charsMax = 160
const itemsMax = 4

export function wordsOf(config: unknown): string {
  const words = isObject(config) ? entries(config).join(', ') : valueWords(config)
  return words.length <= charsMax ? words : `${words.slice(0, charsMax)}…`
}

const secretName = /secret|token|passw|credential|(?:api|private)[-_]?key/i

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function entries(config: object): string[] {
  return Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${secretName.test(key) ? '(hidden)' : valueWords(value)}`)
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return listWords(value.map(itemWords))
  return isObject(value) ? listWords(Object.keys(value)) : String(value)
}

const itemWords = (item: unknown): string =>
  typeof item === 'object' && item !== null ? Object.keys(item).join('+') : String(item)

function listWords(items: readonly string[]): string {
  if (items.length === 0) return 'none'
  const shown = items.slice(0, itemsMax).join(' ')
  const more = items.length - itemsMax
  return more > 0 ? `${shown} and ${more} more` : shown
}
