// The search over all pages, and the list of pages on narrow screens. Without it the site works, too.
const root = document.documentElement.dataset.root
const input = document.querySelector('.search input')
const found = document.querySelector('.found')
const menu = document.querySelector('.menu')
const chapters = document.querySelector('#chapters')
const shownMax = 12

/** Pages that hold all words, best first: in the title, in a heading, in the text. */
function matches(words) {
  return globalThis.searchIndex
    .map((page) => ({ page, ...rank(page, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, shownMax)
}

function rank({ title, headings, text }, words) {
  let score = 0
  let heading
  for (const word of words) {
    const own = headings.find((one) => one.text.toLowerCase().includes(word))
    if (title.toLowerCase().includes(word)) score += 10
    else if (own !== undefined) score += 4
    else if (text.includes(word)) score += 1
    else return { score: 0 }
    heading ??= own
  }
  return { score, heading }
}

function entry({ page, heading }) {
  const link = document.createElement('a')
  link.href = root + page.address + (heading === undefined ? '' : `#${heading.id}`)
  link.textContent = page.title
  if (heading !== undefined) {
    const below = document.createElement('small')
    below.textContent = heading.text
    link.append(below)
  }
  const item = document.createElement('li')
  item.append(link)
  return item
}

function nothing() {
  const note = document.createElement('p')
  note.textContent = 'No page has all of these words.'
  return note
}

function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
  const results = words.length === 0 ? [] : matches(words)
  found.replaceChildren(...(results.length === 0 ? [nothing()] : results.map(entry)))
  found.hidden = words.length === 0
}

input.addEventListener('input', search)
addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== input) {
    event.preventDefault()
    input.focus()
  } else if (event.key === 'Escape') {
    found.hidden = true
    input.blur()
  } else if (event.key === 'Enter' && document.activeElement === input) {
    found.querySelector('a')?.click()
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !found.hidden) {
    const links = [...found.querySelectorAll('a')]
    const at = links.indexOf(document.activeElement)
    const next = links[at + (event.key === 'ArrowDown' ? 1 : -1)]
    event.preventDefault()
    ;(next ?? input).focus()
  }
})
addEventListener('click', (event) => {
  if (!event.target.closest('.search')) found.hidden = true
})
menu.addEventListener('click', () => {
  const isOpen = chapters.classList.toggle('open')
  menu.setAttribute('aria-expanded', String(isOpen))
})
