// `concordat.config.ts`: a configuration that is a program. It is bundled and run where that is
// trusted, and what it exports is a document like any other, but that nobody can say on which line
// a value came to be: the nearest key of that name in the file has to do.
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Documents, Place, Problem, SourceFile } from '../base.ts'
import { importCode } from '../code.ts'
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
    const { default: modules } = await importCode({ url, source })
    const value = (modules as readonly { readonly default?: unknown }[])[0]!.default
    const problem = valueProblem(value)
    if (problem !== undefined) return refused(errorAt(place, problem), files)
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

function valueProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return "it exports no configuration: say 'export default defineConfig({ … })'"
  }
  return notData(value)
}

function documentOf(file: string, value: object): Documents {
  const root = pathToFileURL(file).href
  const locate = (_uri: string, pointer: string) => keyPlace(file, pointer)
  return { root, values: new Map([[root, value]]), locate }
}

/** Where the keys on the way to a value stand one after the other, as far as they do. */
function keyPlace(file: string, pointer: string): Place {
  const text = readFileSync(file, 'utf8')
  let at = 0
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    const found = new RegExp(`(?<![\\w$-])['"]?${RegExp.escape(key)}['"]?\\s*:`, 'g')
    found.lastIndex = at
    // An index of a list is no key.
    at = found.exec(text)?.index ?? at
  }
  const before = text.slice(0, at).split('\n')
  return { file, line: before.length, column: before.at(-1)!.length + 1 }
}
