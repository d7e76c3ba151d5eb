// The documentation as a site: every page is there, every link leads somewhere, nothing is fetched.
import assert from 'node:assert/strict'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { after, before, test } from 'node:test'
import { buildSite, type Built } from './build.ts'
import { chapters } from './chapters.ts'
import { render } from './markdown.ts'

const folder = mkdtempSync(join(tmpdir(), 'concordat-site-'))
let built: Built

after(() => rmSync(folder, { recursive: true, force: true }))
before(() => {
  built = buildSite(folder)
})

const htmlFiles = () =>
  globSync('**/*.html', { cwd: folder }).map((file) => file.replaceAll('\\', '/'))

test('each page of the repository is one of the site, and no link of it leads nowhere', () => {
  assert.deepEqual(built.broken, [])
  assert.equal(built.pages, chapters().flatMap(({ files }) => files).length)
  for (const file of globSync('spec/**/*.md', { cwd: join(import.meta.dirname, '..') })) {
    if (!file.startsWith('spec/pages'))
      assert.ok(existsSync(join(folder, file.replace(/md$/, 'html'))), file)
  }
})

test('each address in each page is there, with its fragment', () => {
  const idsOf = new Map(
    htmlFiles().map((file) => {
      const text = readFileSync(join(folder, file), 'utf8')
      return [file, new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!))]
    }),
  )
  let seen = 0
  for (const file of htmlFiles()) {
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, address = ''] of text.matchAll(/ (?:href|src)="([^"]+)"/g)) {
      if (/^https?:/.test(address)) continue
      const [path = '', fragment] = address.split('#')
      const target = path === '' ? file : posix.join(dirname(file), path)
      const there = statSync(join(folder, target), { throwIfNoEntry: false })
      assert.ok(there !== undefined, `${file} leads to ${address}`)
      if (fragment !== undefined) {
        assert.ok(
          idsOf.get(target)?.has(decodeURIComponent(fragment)),
          `${file} leads to ${address}`,
        )
      }
      seen++
    }
  }
  assert.ok(seen > 1_000)
})

test('nothing comes from elsewhere, and nothing but its own scripts may run', () => {
  for (const file of htmlFiles()) {
    const text = readFileSync(join(folder, file), 'utf8')
    if (!text.includes('<main')) continue
    assert.match(text, /Content-Security-Policy" content="default-src 'none'/, file)
    assert.doesNotMatch(text, /<(?:script|img|link)[^>]+(?:src|href)="https?:/, file)
  }
})

test('raw HTML of a page is shown, not run', () => {
  const { html } = render(
    'a.md',
    '# A\n\n<script>alert(1)</script>\n\n[b](javascript:alert(1))',
    new Set(),
  )
  assert.doesNotMatch(html, /<script|href="javascript/)
})

test('headings that say the same can each be linked to', () => {
  const { headings } = render('a.md', '# A\n\n## B `c`\n\n## B c\n', new Set())
  assert.deepEqual(
    headings.map(({ id }) => id),
    ['a', 'b-c', 'b-c-1'],
  )
})
