// What the rules look at: file texts by path from the project's root, and who imports whom. A test
// makes a tree from literals, so no rule reads the disk.
import { posix } from 'node:path'

/** Texts by path, with `/` and without a leading `./`. */
export type Tree = ReadonlyMap<string, string>

export interface Violation {
  readonly rule: string
  readonly file: string
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number
  readonly message: string
  readonly severity: 'error' | 'warning'
}

export type Rule = (tree: Tree) => Violation[]

export interface Import {
  /** As written: `./base.ts`, `node:fs`, `zod`. */
  readonly specifier: string
  /** A path of the tree for relative ones; undefined for packages and built-ins. */
  readonly path: string | undefined
  readonly line: number
  /**
   * Erased before it runs. Only a whole `import type` is: Node keeps `import { type A } from 'x'`
   * as `import {} from 'x'`, which loads it.
   */
  readonly typeOnly: boolean
}

const statement =
  /^(?:import|export)\s+(?<type>type\s+(?!from\b|,))?(?:[\w$*{][^'";]*?\sfrom\s+)?'(?<specifier>[^']+)'/gm
const call = /(?<before>typeof\s+)?\bimport\(\s*'(?<specifier>[^']+)'/g

/** The imports of a formatted file, found by their form: TypeScript 7 offers no parser to ask. */
export function importsOf(file: string, text: string): Import[] {
  const found = [...text.matchAll(statement), ...text.matchAll(call)]
  return found.map((match) => {
    const { type, before, specifier } = match.groups!
    return {
      specifier: specifier!,
      path: specifier!.startsWith('.') ? posix.join(posix.dirname(file), specifier!) : undefined,
      line: lineAt(text, match.index),
      typeOnly: type !== undefined || before !== undefined,
    }
  })
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

export const isTest = (file: string): boolean => file.endsWith('.test.ts')

/** The sources of the product, without their tests. */
export function sourcesOf(tree: Tree): [file: string, text: string][] {
  return [...tree].filter(([file]) => /^src\/.*\.ts$/.test(file) && !isTest(file))
}

export function scriptsOf(tree: Tree): [file: string, text: string][] {
  return [...tree].filter(([file]) => file.endsWith('.ts'))
}

/** `base` for `src/base.ts` and all under `src/base/`; undefined outside `src`. */
export function roomOf(file: string): string | undefined {
  return /^src\/([^/]+?)(?:\.test)?(?:\.ts$|\/)/.exec(file)?.[1]
}
