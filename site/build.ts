// Writes the documentation as a site of plain files, from the pages of the repository: `npm run site`.
// It needs no server and nothing from elsewhere; the folder is given as an argument, or is site/dist.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { addressOf, chapters, root, sourceOf } from './chapters.ts'
import { type Linked, pageHtml, type Section } from './layout.ts'
import { type Rendered, render } from './markdown.ts'

export interface Built {
  readonly pages: number
  /** Links to files that are not there. */
  readonly broken: readonly string[]
}

interface Page extends Linked {
  readonly file: string
  readonly rendered: Rendered
}

export function buildSite(folder: string): Built {
  const all = chapters()
  const files = new Set(all.flatMap((chapter) => chapter.files))
  const made = new Map([...files].map((file) => [file, pageOf(file, files)]))
  const sections: Section[] = all.map(({ title, files: own }) => ({
    title,
    pages: own.map((file) => made.get(file)!),
  }))
  rmSync(folder, { recursive: true, force: true })
  for (const { address, title, rendered } of made.values()) {
    const { html, headings } = rendered
    write(folder, address, pageHtml({ page: { address, title }, html, headings, sections }))
  }
  for (const name of ['style.css', 'script.js']) {
    cpSync(join(import.meta.dirname, name), join(folder, name))
  }
  write(folder, 'search-index.js', searchIndex([...made.values()]))
  const assets = [...made.values()].flatMap(({ file, rendered }) =>
    rendered.assets.map((asset) => ({ file, asset })),
  )
  const broken = assets.filter(({ asset }) => !copied(asset, folder))
  return { pages: made.size, broken: broken.map(({ file, asset }) => `${file}: ${asset}`) }
}

function pageOf(file: string, files: ReadonlySet<string>): Page {
  const rendered = render(file, sourceOf(file), files)
  return { file, address: addressOf(file), title: titleOf(file, rendered.title), rendered }
}

const titleOf = (file: string, title: string): string =>
  file === 'README.md' ? 'What it is' : title.replaceAll('`', '')

function write(folder: string, address: string, text: string): void {
  const path = join(folder, address)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Whether what is linked to is there; pictures and data lie beside the pages. */
function copied(asset: string, folder: string): boolean {
  const from = join(root, asset)
  if (asset.startsWith('..') || !existsSync(from)) return false
  if (/\.(?:svg|png|json)$/.test(asset)) cpSync(from, join(folder, asset))
  return true
}

/** Each heading with what stands below it would be finer; a page with its headings is enough. */
function searchIndex(pages: readonly Page[]): string {
  const entries = pages.map(({ address, title, rendered }) => ({
    address,
    title,
    headings: rendered.headings.filter(({ level }) => level > 1),
    text: rendered.text.toLowerCase().slice(0, textCharsMax),
  }))
  return `globalThis.searchIndex = ${JSON.stringify(entries)}\n`
}

const textCharsMax = 20_000

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(import.meta.dirname, 'dist'))
  const { pages, broken } = buildSite(folder)
  for (const one of broken) console.error(`leads nowhere: ${one}`)
  console.log(`wrote ${pages} pages to ${folder}`)
  if (broken.length > 0) process.exitCode = 1
}
