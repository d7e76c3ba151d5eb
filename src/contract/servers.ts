// Base paths from `servers`. Hosts do not count here: what a request must name is in the
// configuration, where the gateway is reached by names that a contract cannot know.
import { checkFields } from './fields.ts'
import { child, children, isObject, objectOf, type Reading, report, type Spot } from './spot.ts'
import { stringOf } from './spot.ts'

const basePathsMax = 100

/** Without trailing slashes and without repeats; `['']` where nothing is declared. */
export function readServers(reading: Reading, servers: Spot | undefined): string[] {
  if (servers === undefined) return ['']
  if (!Array.isArray(servers.value)) {
    report(reading, servers, '`servers` must be a list')
    return ['']
  }
  const paths = new Set(children(servers).flatMap(([, server]) => basePathsOf(reading, server)))
  return paths.size > 0 ? [...paths] : ['']
}

function basePathsOf(reading: Reading, server: Spot): string[] {
  if (!checkFields(reading, server, 'Server')) return []
  const url = stringOf(reading, server, 'url')
  if (url === undefined) {
    report(reading, server, 'a server needs a `url`')
    return []
  }
  const path = withoutOrigin(url)
  const at = child(server, 'url')!
  if (/[?#]/.test(path)) report(reading, at, 'a server `url` may have no query and no fragment')
  if (/(?:^|\/)\.\.?(?:\/|$)/.test(path) && !path.startsWith('./')) {
    report(reading, at, 'a server `url` may have no dot segments')
  }
  return filledIn(reading, server, path).map(normalised)
}

/** What follows scheme and authority, either of which may hold variables. */
const withoutOrigin = (url: string): string => url.replace(/^(?:[\w{][\w+.{}-]*:)?\/\/[^/?#]*/, '')

function normalised(path: string): string {
  const trimmed = path.replace(/^\.?\/*/, '').replace(/\/+$/, '')
  return trimmed === '' ? '' : `/${trimmed}`
}

/** The path with its variables replaced: every value of an `enum`, else the default. */
function filledIn(reading: Reading, server: Spot, path: string): string[] {
  const names = new Set([...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1]!))
  let paths = [path]
  for (const name of names) {
    const values = valuesOf(reading, server, name)
    paths = paths.flatMap((one) => values.map((value) => one.replaceAll(`{${name}}`, value)))
    if (paths.length <= basePathsMax) continue
    report(reading, server, `its variables make more than ${basePathsMax} base paths`)
    return []
  }
  return paths
}

function valuesOf(reading: Reading, server: Spot, name: string): string[] {
  const variables = objectOf(reading, server, 'variables')
  const variable = variables && child(variables, name)
  if (variable === undefined || !checkFields(reading, variable, 'Server Variable')) {
    report(reading, child(server, 'url')!, `the variable \`${name}\` is not declared`)
    return []
  }
  if (!isObject(variable.value)) return []
  const { enum: choices, default: value } = variable.value
  if (typeof value !== 'string') {
    report(reading, variable, `the variable \`${name}\` needs a \`default\` that is a string`)
    return []
  }
  if (choices === undefined) return [value]
  if (
    Array.isArray(choices) &&
    choices.length > 0 &&
    choices.every((one) => typeof one === 'string')
  ) {
    return [value, ...choices]
  }
  report(reading, variable, `\`enum\` of \`${name}\` must be a list of strings, at least one`)
  return []
}
