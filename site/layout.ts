// One page of the documentation as HTML: what leads to others, the page itself, its own headings.
import { posix } from 'node:path'
import { version } from '../src/base.ts'
import { escaped } from './html.ts'
import type { Heading } from './markdown.ts'

export interface Linked {
  readonly title: string
  /** From the root of the documentation. */
  readonly address: string
}

export interface Section {
  readonly title: string
  readonly pages: readonly Linked[]
}

export interface Layout {
  readonly page: Linked
  readonly html: string
  readonly headings: readonly Heading[]
  readonly sections: readonly Section[]
}

export function pageHtml({ page, html, headings, sections }: Layout): string {
  const to = (address: string) =>
    escaped(posix.relative(posix.dirname(page.address), address) || posix.basename(address))
  const all = sections.flatMap(({ pages }) => pages)
  const at = all.findIndex(({ address }) => address === page.address)
  const name = page.address === 'index.html' ? 'Concordat' : `${page.title} · Concordat`
  return `<!doctype html>
<html lang="en" data-root="${to('index.html').replace(/index\.html$/, '')}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'">
<title>${escaped(name)}</title>
<link rel="stylesheet" href="${to('style.css')}">
<script src="${to('search-index.js')}" defer></script>
<script src="${to('script.js')}" defer></script>
</head>
<body>
<a class="skip" href="#content">To the page</a>
<header>
<button class="menu" type="button" aria-expanded="false" aria-controls="chapters">Pages</button>
<a class="name" href="${to('index.html')}">Concordat</a> <span class="version">${escaped(version)}</span>
<div class="search" role="search"><input type="search" aria-label="Search the documentation" placeholder="Search  /" autocomplete="off" spellcheck="false"><ol class="found" hidden></ol></div>
</header>
<nav id="chapters" aria-label="Pages">
${sections.map((section) => sectionHtml(section, page, to)).join('\n')}
</nav>
<main id="content">
<article>
${html}</article>
<nav class="turn" aria-label="Before and after">${turn(all[at - 1], 'before', to)}${turn(all[at + 1], 'after', to)}</nav>
</main>
${contents(headings)}
</body>
</html>
`
}

type To = (address: string) => string

function sectionHtml({ title, pages }: Section, current: Linked, to: To): string {
  const isOpen = pages.some(({ address }) => address === current.address)
  const items = pages.map((page) => {
    const here = page.address === current.address ? ' aria-current="page"' : ''
    return `<li><a href="${to(page.address)}"${here}>${escaped(page.title)}</a></li>`
  })
  const open = isOpen || pages.length <= 12 ? ' open' : ''
  return `<details${open}><summary>${escaped(title)}</summary><ul>${items.join('')}</ul></details>`
}

function turn(page: Linked | undefined, which: 'before' | 'after', to: To): string {
  if (page === undefined) return '<span></span>'
  const arrow = which === 'before' ? `← ${escaped(page.title)}` : `${escaped(page.title)} →`
  return `<a class="${which}" href="${to(page.address)}">${arrow}</a>`
}

/** Of a page with so few headings there is nothing to list. */
const headingsMin = 3

function contents(headings: readonly Heading[]): string {
  const listed = headings.filter(({ level }) => level === 2)
  if (listed.length < headingsMin) return ''
  const items = listed.map(({ id, text }) => `<li><a href="#${id}">${escaped(text)}</a></li>`)
  return `<aside aria-label="On this page"><p>On this page</p><ul>${items.join('')}</ul></aside>`
}
