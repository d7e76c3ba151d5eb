// The rule about pages: what they point at is there. A page that names a moved file misleads.
import { posix } from 'node:path'
import { lineAt, type Rule, type Tree } from './tree.ts'

const link = /\]\((?<path>[^)\s#:]+)(?:#[^)]*)?\)/g
const quoted = /`(?<path>(?:src|test|spec|bench|examples|bin)\/[\w./-]*)`/g

export const linksRule: Rule = (tree) =>
  [...tree]
    // Parts of pages are read where they are put together.
    .filter(([file]) => file.endsWith('.md') && !file.startsWith('spec/pages/'))
    .flatMap(([file, text]) => {
      const links = pathsIn(text, link, posix.dirname(file))
      const names = pathsIn(text, quoted, '.')
      return [...links, ...names]
        .filter(({ path }) => !isThere(tree, path))
        .map(({ path, line }) => {
          const message = `points at ${path}, which is not there`
          return { rule: 'links', file, line, message, severity: 'error' as const }
        })
    })

function pathsIn(text: string, pattern: RegExp, from: string): { path: string; line: number }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    path: posix.join(from, match.groups!['path']!),
    line: lineAt(text, match.index),
  }))
}

/** A file, or a folder with something in it. */
function isThere(tree: Tree, path: string): boolean {
  const folder = path.endsWith('/') ? path : `${path}/`
  return tree.has(path) || [...tree.keys()].some((file) => file.startsWith(folder))
}
