// What the documentation holds and in which order: the repository's own pages, nothing written twice.
import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export const root = join(import.meta.dirname, '..')

export interface Chapter {
  readonly title: string
  /** Within the repository. */
  readonly files: readonly string[]
}

const every = (pattern: string): string[] =>
  globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()

const guides =
  'first-steps init mock custom-policies overlays explain shadow embedding forward-auth'
const protocols = 'protocols http2 http3 tls acme grpc grpc-statuses'
const operations = 'operating reload upstreams top access-log metrics'
const reference = 'config limits faults contract bodies forwarding'

const inSpec = (names: string): string[] =>
  names.split(' ').flatMap((name) => every(`spec/${name}.md`))

/** What is not listed by name comes last in its chapter, so that a new page is never lost. */
export function chapters(): Chapter[] {
  const listed: Chapter[] = [
    { title: 'Start', files: ['README.md'] },
    { title: 'Guides', files: inSpec(guides) },
    { title: 'Examples', files: every('examples/*/README.md') },
    { title: 'Protocols', files: inSpec(protocols) },
    { title: 'Policies', files: every('spec/policies/*.md') },
    { title: 'Operating', files: inSpec(operations) },
    { title: 'Wire', files: every('spec/wire/*.md') },
    { title: 'Reference', files: inSpec(reference) },
    { title: 'Faults', files: every('spec/faults/*.md') },
    {
      title: 'Inside',
      files: [
        ...['ARCHITECTURE', 'SECURITY', 'CONTRIBUTING', 'STYLE', 'CHANGELOG'].map(
          (name) => `${name}.md`,
        ),
        'bench/README.md',
        'bench/RESULTS.md',
      ],
    },
  ]
  const known = new Set(listed.flatMap(({ files }) => files))
  const others = every('spec/*.md').filter((file) => !known.has(file))
  return listed.map((chapter) =>
    chapter.title === 'Guides' ? { ...chapter, files: [...chapter.files, ...others] } : chapter,
  )
}

export const sourceOf = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Where a page of the repository lies in the documentation. */
export const addressOf = (file: string): string =>
  file === 'README.md' ? 'index.html' : posix.normalize(file).replace(/\.md$/, '.html')
