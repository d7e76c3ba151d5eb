// A user's TypeScript made into one module: types stripped, everything inlined but what Node brings
// along, and `concordat` answered by the kit of this very program. Every file that goes in is read
// here, so that what is watched and hashed is what was bundled.
import { existsSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'
import type { Place, Problem, SourceFile } from '../base.ts'
import { NamedFiles } from '../load.ts'
import { errorAt } from './problem-list.ts'

/** A file to be bundled, and where somebody named it. */
export interface Entry {
  readonly path: string
  readonly place: Place
}

export interface Bundle {
  /** Its default export is a list: the exports of each entry. Undefined where it did not come about. */
  readonly source: string | undefined
  readonly problems: readonly Problem[]
  /** Every file that was read or missed. */
  readonly files: readonly SourceFile[]
}

/** With all that is inlined; none that we have met takes a tenth of it. */
const sourceBytesMax = 16 * 1024 * 1024

/** Where the program's own modules lie: `.ts` in a checkout, `.js` in a package. */
const ownFolder = fileURLToPath(new URL('..', import.meta.url))
const ownExtension = extname(import.meta.url)

/**
 * What `import … from 'concordat'` means in code that is bundled: the little that policies and
 * configurations need when they run, by file. Through the doors of these rooms 128 files would be
 * read in place of 8, which takes 200 ms in place of 30.
 */
export const kitParts: readonly (readonly [file: string, ...names: string[]])[] = [
  ['base/fault', 'refuse'],
  ['http/headers', 'headerValue', 'headerValues'],
  ['policy/policy', 'definePolicy'],
  ['control/define-config', 'defineConfig'],
]

/** In each file a constant of its own; the bundler tells them apart. */
const metaName = 'concordatMeta'

/** Named so in messages of the bundler alone. */
const entriesFile = 'concordat-entries.js'

/** Paths in its source map are relative to the folder. */
export async function bundleEntries(entries: readonly Entry[], folder: string): Promise<Bundle> {
  const named = new NamedFiles({ folders: [] })
  const absent = entries.flatMap(({ path, place }) => {
    const read = named.read(path, 'configuration')
    return 'problem' in read ? [errorAt(place, read.problem)] : []
  })
  const made = absent.length > 0 ? { problems: absent } : await build(entries, folder, named)
  return { source: undefined, ...made, files: named.files }
}

type Made = { readonly source?: string; readonly problems: readonly Problem[] }

async function build(entries: readonly Entry[], folder: string, named: NamedFiles): Promise<Made> {
  building++
  try {
    const { outputFiles } = await esbuild.build({
      ...settings,
      stdin: { contents: entriesText(entries), resolveDir: folder, sourcefile: entriesFile },
      absWorkingDir: folder,
      outfile: join(folder, 'bundle.mjs'),
      plugins: [kit, theirFiles(named)],
    })
    const { text, contents } = outputFiles[0]!
    if (contents.length <= sourceBytesMax) return { source: text, problems: [] }
    const message = `bundled it has ${contents.length} bytes, and may have ${sourceBytesMax}`
    return { problems: [errorAt(entries[0]!.place, message)] }
  } catch (error) {
    const { errors } = error as Partial<esbuild.BuildFailure>
    if (errors === undefined) throw error
    return { problems: errors.map((one) => problemOf(one, entries, folder)) }
  } finally {
    // It runs beside us as a process of its own, for all builds of this thread.
    if (--building === 0) await esbuild.stop()
  }
}

let building = 0

const settings = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'silent',
  // As Node does, which runs the same files in tests.
  tsconfigRaw: {},
  define: Object.fromEntries(
    ['url', 'dirname', 'filename'].map((name) => [`import.meta.${name}`, `${metaName}.${name}`]),
  ),
  // Packages of the older kind ask for what Node brings along by `require`.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
} as const satisfies esbuild.BuildOptions

/** What a file asks of `import.meta` is of the file, not of the bundle. On its first line: none moves. */
function withMeta(text: string, path: string): string {
  if (!text.includes('import.meta')) return text
  const meta = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path }
  return `const ${metaName} = ${JSON.stringify(meta)};${text}`
}

/** One line an entry, so that a line of a message tells which is meant. */
function entriesText(entries: readonly Entry[]): string {
  const imports = entries.map(({ path }, i) => `import * as m${i} from ${JSON.stringify(path)}\n`)
  return `${imports.join('')}export default [${entries.map((_, i) => `m${i}`).join(', ')}]\n`
}

/** `concordat`, as a file of ours would read that exports these names. */
const kit: esbuild.Plugin = {
  name: 'kit',
  setup({ onLoad, onResolve }) {
    const contents = kitParts.map(
      ([file, ...names]) => `export { ${names.join(', ')} } from './${file}${ownExtension}'\n`,
    )
    onResolve({ filter: /^concordat$/ }, () => ({ path: 'concordat', namespace: 'kit' }))
    onLoad({ filter: /./, namespace: 'kit' }, () => ({
      contents: contents.join(''),
      resolveDir: ownFolder,
    }))
  },
}

const loaders: Readonly<Record<string, esbuild.Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.json': 'json',
  '.txt': 'text',
}

function theirFiles(named: NamedFiles): esbuild.Plugin {
  return {
    name: 'files',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = resolve(resolveDir, path)
        // Named where it is missing: when it comes, whoever watches shall know.
        if (extname(file) in loaders && !existsSync(file)) named.read(file, 'configuration')
        return undefined
      })
      onLoad({ filter: /\.(?:[cm]?[jt]s|json|txt)$/, namespace: 'file' }, ({ path }) => {
        if (path.startsWith(ownFolder)) return undefined
        const read = named.read(path, 'configuration')
        if ('problem' in read) return { errors: [{ text: read.problem }] }
        return { contents: withMeta(read.text, path), loader: loaders[extname(path)]! }
      })
    },
  }
}

function problemOf(
  { text, location }: esbuild.Message,
  entries: readonly Entry[],
  folder: string,
): Problem {
  const [first] = entries
  if (location === null) return errorAt(first!.place, text)
  const { file, line, column } = location
  if (file === entriesFile) return errorAt((entries[line - 1] ?? first!).place, text)
  return errorAt({ file: resolve(folder, file), line, column: column + 1 }, text)
}

/** A file in a line of a stack: `at f (/a/b.ts:1:2)`, `at file:///a/b.ts:1:2`. */
const framePlace = /(?:\(|at (?:async )?)((?:\/|[A-Z]:\\|file:)[^()\n]*?):(\d+):(\d+)\)?$/gm

/** Where in the files of a bundle something was thrown, by its stack. */
export function thrownAt(error: unknown, files: readonly SourceFile[]): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const paths = new Set(files.map(({ path }) => path))
  for (const [, at, line, column] of stack.matchAll(framePlace)) {
    const file = at!.startsWith('file:') ? fileURLToPath(at!) : at!
    if (paths.has(file)) return { file, line: Number(line), column: Number(column) }
  }
  return undefined
}
