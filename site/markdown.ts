// Markdown to HTML: headings that can be linked to, links that lead to pages of the documentation,
// code in colours. Raw HTML in a page is shown as text.
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import MarkdownIt from 'markdown-it'
import { addressOf } from './chapters.ts'
import { escaped } from './html.ts'

// Its types would bring those of a browser into everything.
const load = createRequire(import.meta.url)
const hljs = load('highlight.js/lib/core') as Highlighter
for (const [name, language] of Object.entries({
  sh: 'bash',
  http: 'http',
  json: 'json',
  js: 'javascript',
  nginx: 'nginx',
  ts: 'typescript',
  yaml: 'yaml',
})) {
  hljs.registerLanguage(name, load(`highlight.js/lib/languages/${language}`))
}

interface Highlighter {
  registerLanguage(name: string, language: unknown): void
  getLanguage(name: string): unknown
  highlight(code: string, options: { language: string; ignoreIllegals: boolean }): { value: string }
}

export interface Heading {
  readonly level: number
  readonly text: string
  readonly id: string
}

export interface Rendered {
  readonly title: string
  readonly html: string
  readonly headings: readonly Heading[]
  /** All that is said, without code: what a search looks through. */
  readonly text: string
  /** Files of the repository that it shows or links to and that are no pages. */
  readonly assets: readonly string[]
}

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, highlight })

function highlight(code: string, language: string): string {
  const known = language === 'typescript' ? 'ts' : language
  return hljs.getLanguage(known) === undefined
    ? ''
    : hljs.highlight(code, { language: known, ignoreIllegals: true }).value
}

/** `pages` are those of the documentation; any other file that is linked to becomes an asset. */
export function render(file: string, source: string, pages: ReadonlySet<string>): Rendered {
  const tokens = markdown.parse(withoutNotes(source), {})
  const headings: Heading[] = []
  const assets: string[] = []
  const ids = new Set<string>()
  const said: string[] = []
  const resolved = (address: string): string => linkFrom(file, address, pages, assets)
  for (const [i, token] of tokens.entries()) {
    const inline = tokens[i + 1]
    if (token.type === 'heading_open' && inline !== undefined) {
      const text = plain(inline)
      const id = idFor(text, ids)
      token.attrSet('id', id)
      headings.push({ level: Number(token.tag.slice(1)), text, id })
    }
    if (token.type !== 'inline') continue
    said.push(plain(token))
    for (const child of token.children ?? []) {
      if (child.type === 'image') child.attrSet('src', resolved(String(child.attrGet('src') ?? '')))
    }
    relink(token.children ?? [], resolved)
  }
  const html = markdown.renderer
    .render(tokens, markdown.options, {})
    .replaceAll('<table>', '<div class="table" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>')
  const title = headings.find(({ level }) => level === 1)?.text ?? file
  return { title, html, headings, text: said.join(' '), assets }
}

/** Source files are no part of the documentation: what leads there is said, and not linked. */
function relink(children: readonly Token[], resolved: (address: string) => string): void {
  let isPlain = false
  for (const child of children) {
    if (child.type === 'link_open') {
      const address = String(child.attrGet('href') ?? '')
      const href = resolved(address)
      isPlain = !/^[a-z]+:|^#/.test(href) && !/\.(?:html|svg|png|json)(?:#|$)/.test(href)
      if (isPlain) child.attrs = []
      else child.attrSet('href', href)
    }
    if (child.type.startsWith('link_') && isPlain) child.tag = 'span'
  }
}

/** What stands above a block of code: what it is, where its kind says so. */
const captions: readonly [info: RegExp, caption: string][] = [
  [/^http service$/, 'the service answers'],
  [/^http sent$/, 'the service gets'],
  [/^http raw$/, 'byte for byte'],
  [/^console (service|gateway)$/, 'in the terminal of the $1'],
  [/ file=(\S+)$/, '$1'],
]

function captionOf(info: string): string {
  for (const [pattern, caption] of captions) {
    const found = pattern.exec(info)
    if (found !== null)
      return `<p class="caption">${escaped(caption.replace('$1', found[1] ?? ''))}</p>\n`
  }
  return ''
}

const fence = markdown.renderer.rules.fence!
markdown.renderer.rules.fence = (tokens, index, ...rest) =>
  captionOf(tokens[index]!.info.trim()) + fence(tokens, index, ...rest)

/** Notes to whoever edits a page are for nobody else. */
const withoutNotes = (source: string): string => source.replaceAll(/^<!--[^]*?-->\n?/gm, '')

type Token = ReturnType<typeof markdown.parse>[number]

const plain = (token: Token): string =>
  (token.children ?? [])
    .map(({ type, content }) => (type === 'softbreak' ? ' ' : content))
    .join('')
    .trim()

/** As GitHub makes them, so that the same fragment works there. */
function idFor(text: string, taken: Set<string>): string {
  const base = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')
  let id = base
  for (let n = 1; taken.has(id); n++) id = `${base}-${n}`
  taken.add(id)
  return id
}

function linkFrom(
  file: string,
  address: string,
  pages: ReadonlySet<string>,
  assets: string[],
): string {
  if (/^[a-z]+:|^#/.test(address)) return address
  const [path = '', fragment] = address.split('#')
  const target = posix.normalize(posix.join(posix.dirname(file), path))
  const known = pageAt(target, pages)
  if (known === undefined) assets.push(target)
  const from = posix.dirname(addressOf(file))
  const to = posix.relative(from, known === undefined ? target : addressOf(known))
  return fragment === undefined ? to : `${to}#${fragment}`
}

/** A folder stands for its README. */
function pageAt(target: string, pages: ReadonlySet<string>): string | undefined {
  const bare = target.replace(/\/$/, '')
  return [bare, `${bare}/README.md`].find((one) => pages.has(one))
}
