// `concordat.config.ts`: a configuration that is a program. It is bundled and run where that is
// trusted, and what it exports is a document like any other, but that nobody can say on which line
// a value came to be: the nearest key of that name in the file has to do.
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Documents, Place, Problem, SourceFile } from '../base.ts'
import { importTried } from './import-tried.ts'
import { notData } from './plain-data.ts'
import { errorAt } from './problem-list.ts'
import { firstLineOf } from './tried-policy.ts'

export interface LoadedConfig {
  /** Undefined where there is nothing to check: `problems` says why. */
  readonly documents: Documents | undefined
  readonly problems: readonly Problem[]
  readonly files: readonly SourceFile[]
}

/** Whether a configuration is a program, by its name. */
export const isConfigModule = (file: string): boolean =>
  ['.ts', '.mts', '.js', '.mjs'].includes(extname(file))

export async function loadConfigModule(file: string, trust: boolean): Promise<LoadedConfig> {
  const place = { file, line: 1, column: 1 }
  if (!trust) return refused(errorAt(place, 'it is a program, and was not run: --trust runs it'))
  const { bundleEntries, thrownAt } = await import('./bundle.ts')
  const folder = dirname(file)
  const { source, problems, files } = await bundleEntries([{ path: file, place }], folder)
  if (source === undefined) return { documents: undefined, problems, files }
  const url = pathToFileURL(join(folder, `concordat-config-${hash('sha256', source)}.mjs`)).href
  try {
    const { default: modules } = await importTried({ url, source })
    const value = (modules as readonly { readonly default?: unknown }[])[0]!.default
    const problem = valueProblem(file, value)
    if (problem !== undefined) return refused(problem, files)
    return { documents: documentOf(file, value as object), problems: [], files }
  } catch (error) {
    const message = `the configuration threw: ${firstLineOf(error)}`
    return refused(errorAt(thrownAt(error, files) ?? place, message), files)
  }
}

const refused = (problem: Problem, files: readonly SourceFile[] = []): LoadedConfig => ({
  documents: undefined,
  problems: [problem],
  files,
})

function valueProblem(file: string, value: unknown): Problem | undefined {
  if (typeof value !== 'object' || value === null) {
    const message = "it exports no configuration: say 'export default defineConfig({ … })'"
    return errorAt({ file, line: 1, column: 1 }, message)
  }
  const found = notData(value)
  return found && errorAt(keyPlace(file, found.pointer), found.message)
}

function documentOf(file: string, value: object): Documents {
  const root = pathToFileURL(file).href
  const locate = (_uri: string, pointer: string) => keyPlace(file, pointer)
  return { root, values: new Map([[root, value]]), locate }
}

/** Where the keys on the way to a value stand one inside the other, as far as they do. */
function keyPlace(file: string, pointer: string): Place {
  const text = readFileSync(file, 'utf8')
  let from = 0
  let to = text.length
  for (const token of pointer.split('/').slice(1)) {
    const key = RegExp.escape(token.replaceAll('~1', '/').replaceAll('~0', '~'))
    const found = new RegExp(`(?<![\\w$-])['"]?${key}['"]?\\s*:`).exec(text.slice(from, to))
    // An index of a list is no key, and what was made elsewhere is not here.
    if (found === null) continue
    from += found.index
    to = valueEnd(text, from + found[0].length)
  }
  const before = text.slice(0, from).split('\n')
  return { file, line: before.length, column: before.at(-1)!.length + 1 }
}

/** Where a value ends, as its brackets have it; what stands in strings may lead astray. */
function valueEnd(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at)
    if ('{[('.includes(character)) depth++
    else if ('}])'.includes(character)) depth--
    if (depth < 0 || (depth === 0 && character === ',')) return at
  }
  return text.length
}
