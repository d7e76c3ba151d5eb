// What is seen. Every text goes in as text: nothing that somebody wrote is ever read as HTML.
import { nameOf } from './demo.js'

export const $ = (id) => document.getElementById(id)

/** An element with properties and children; texts are children, too. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/** Two letters and a colour that always belong to the same person. */
export function badge(userId) {
  const hue = [...userId].reduce((sum, letter) => (sum * 33 + letter.codePointAt(0)) % 4093, 0) % 8
  const made = element('span', { className: `badge hue-${hue}` }, nameOf(userId).slice(0, 1))
  made.setAttribute('aria-hidden', 'true')
  return made
}

export function showPersons(persons, choose) {
  const items = persons.map((person) => {
    const text = element(
      'span',
      { className: 'person-text' },
      element('strong', {}, person.name),
      element('span', {}, person.about),
    )
    const button = element('button', { type: 'button' }, badge(person.userId), text)
    button.addEventListener('click', () => choose(person))
    return element('li', {}, button)
  })
  $('persons').replaceChildren(...items)
}

export function showMe(person) {
  $('my-badge').replaceWith(Object.assign(badge(person.userId), { id: 'my-badge' }))
  $('my-name').textContent = person.name
}

export function showChannels(channels, openId, open) {
  const items = channels.map(({ channelId, name }) => {
    const button = element('button', { type: 'button' }, name)
    if (channelId === openId) button.setAttribute('aria-current', 'page')
    button.addEventListener('click', () => open(channelId))
    return element('li', {}, button)
  })
  const none = element('li', { className: 'none' }, 'None yet: make one.')
  $('channels').replaceChildren(...(items.length > 0 ? items : [none]))
}

/** Without a channel there is nothing to follow and nobody to write to. */
export function showRoom(channel) {
  $('channel-title').textContent = channel?.name ?? 'Welcome'
  $('channel-topic').textContent = channel?.topic ?? ''
  for (const id of ['state', 'ways', 'composer']) $(id).hidden = channel === undefined
  $('messages').replaceChildren(...(channel ? [] : [emptyRow('Make a channel to begin.')]))
  document.title = channel ? `${channel.name} · Chat` : 'Chat'
}

const stateWords = {
  none: 'Not connected',
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  stopped: 'Not connected',
}

export function showState({ at, ms }) {
  $('state').dataset.at = at
  const soon = ms === undefined ? '' : ` in ${Math.max(1, Math.round(ms / 1000))} s`
  $('state-text').textContent = `${stateWords[at]}${soon}`
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const togetherMs = 5 * 60_000

/** All of them anew; the newest in sight. */
export function showMessages(entries) {
  const list = $('messages')
  list.replaceChildren()
  if (entries.length === 0) list.append(emptyRow('Nobody has said anything here.'))
  entries.forEach((entry, i) => list.append(...rowsOf(entry, entries[i - 1])))
  toEnd()
}

/** One more; whoever reads further up is left there. */
export function addMessage(entry, before) {
  $('messages').querySelector('.empty')?.remove()
  $('messages').append(...rowsOf(entry, before))
  if (isAtEnd) toEnd()
}

const emptyRow = (text) => element('li', { className: 'empty' }, text)

let isAtEnd = true

function toEnd() {
  $('messages').scrollTop = $('messages').scrollHeight
}

/** The newest message stays in sight when the room for messages changes. */
export function keepAtEnd() {
  const list = $('messages')
  list.addEventListener('scroll', () => {
    isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40
  })
  new ResizeObserver(() => isAtEnd && toEnd()).observe(list)
}

function rowsOf(entry, before) {
  if (entry.remark)
    return [element('li', { className: 'remark' }, element('span', {}, entry.remark))]
  const sentAt = new Date(entry.createdAt)
  const lastAt = before?.createdAt && new Date(before.createdAt)
  const isNewDay = lastAt?.toDateString() !== sentAt.toDateString()
  const isTogether =
    !isNewDay && before?.senderId === entry.senderId && sentAt - lastAt < togetherMs
  const time = element('time', { dateTime: entry.createdAt }, clock.format(sentAt))
  const content = element('p', { className: 'content' }, entry.content)
  const head = element(
    'p',
    { className: 'by' },
    element('strong', {}, nameOf(entry.senderId)),
    time,
  )
  const row = isTogether
    ? element('li', { className: 'message together' }, content)
    : element(
        'li',
        { className: 'message' },
        badge(entry.senderId),
        element('div', {}, head, content),
      )
  row.dataset.messageId = entry.messageId
  const dayRow = element('li', { className: 'day' }, element('span', {}, day.format(sentAt)))
  return isNewDay && (before === undefined || before.createdAt) ? [dayRow, row] : [row]
}

/** The error as it was said, until it is put away. A single detail is in the message already. */
export function showError({ status, error }) {
  const listed = error.details?.length > 1 ? error.details : []
  const details = listed.map(({ field, message }) =>
    element('li', {}, element('code', {}, field || 'body'), ' ', message),
  )
  const close = element('button', { type: 'button', className: 'quiet', textContent: 'Dismiss' })
  close.addEventListener('click', hideError)
  const facts = [status ? `${status}` : undefined, error.code].filter(Boolean).join(' ')
  $('error').replaceChildren(
    element(
      'div',
      { className: 'error-text' },
      element('p', {}, element('strong', {}, facts), ' ', error.message),
      details.length > 0 ? element('ul', {}, ...details) : undefined,
      error.requestId === undefined
        ? undefined
        : element(
            'p',
            { className: 'request-id' },
            'Request ',
            element('code', {}, error.requestId),
          ),
    ),
    close,
  )
  $('error').hidden = false
}

export function hideError() {
  $('error').hidden = true
}

export function showCalls(calls) {
  const rows = calls.map(({ method, path, status, protocol, ms }) =>
    element(
      'tr',
      {},
      element('td', {}, element('b', {}, method), ` ${path}`),
      element('td', { className: statusClass(status) }, `${status ?? 'asked'}`),
      element('td', {}, protocol || '–'),
      element('td', {}, ms === undefined ? 'open' : `${ms} ms`),
    ),
  )
  $('calls').replaceChildren(...rows)
  const known = calls.find((call) => call.protocol && call.protocol !== 'websocket')
  $('last-call').textContent = known?.protocol ?? ''
}

const statusClass = (status) =>
  typeof status === 'number' ? (status < 400 ? 'good' : 'bad') : 'other'
