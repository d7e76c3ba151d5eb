// The page: who sits at it, which channel is open, what was said there. Everything it knows came
// through the gateway.
import { calls, json, newKey, onCalls, Refused } from './calls.js'
import { persons } from './demo.js'
import { follow } from './live.js'
import {
  $,
  addMessage,
  hideError,
  keepAtEnd,
  showCalls,
  showChannels,
  showError,
  showMe,
  showMessages,
  showPersons,
  showRoom,
  showState,
} from './view.js'

const shownMax = 500
const pagesMax = 20

let me
let channels = []
/** The open channel: `{channelId, entries, ids, link}`. An entry is a message or a remark. */
let room
/** What was sent and not yet accepted: sent again, it goes by the same key. */
let unsent

const said = (task) => (error) => {
  if (!(error instanceof Refused)) throw error
  task?.(error)
  showError(error)
}

function signIn(person) {
  me = person
  sessionStorage.setItem('userId', person.userId)
  $('sign-in').hidden = true
  $('chat').hidden = false
  showMe(person)
  void loadChannels().catch(said())
}

function signOut() {
  closeRoom()
  sessionStorage.removeItem('userId')
  channels = []
  $('chat').hidden = true
  $('sign-in').hidden = false
  $('persons').querySelector('button').focus()
}

async function loadChannels() {
  showRoom(undefined)
  const page = await json('GET', `users/${me.userId}/channels?limit=100`, { token: me.token })
  channels = page.data
  showChannels(channels, undefined, openRoom)
  if (channels[0]) openRoom(channels[0].channelId)
}

function openRoom(channelId) {
  closeRoom()
  hideError()
  showRoom(channels.find((one) => one.channelId === channelId))
  showChannels(channels, channelId, openRoom)
  room = { channelId, entries: [], ids: new Set(), isListed: false }
  connect(room, undefined)
  $('content').focus()
}

/** By the way that is chosen, from where the last one came to. */
function connect(opened, cursor) {
  const isOpen = () => room === opened
  opened.link = follow({
    way: chosenWay(),
    channelId: opened.channelId,
    token: me.token,
    cursor,
    on: {
      state: (state) => isOpen() && followed(opened, state),
      message: (message) => isOpen() && heard(opened, message),
      gap: (since) => isOpen() && void list(opened, since).catch(said()),
      refused: (refused) => isOpen() && wasRefused(opened, refused),
    },
  })
}

function changeWay() {
  if (room === undefined) return
  const cursor = room.link.cursor()
  room.link.stop()
  connect(room, cursor)
}

const chosenWay = () => document.querySelector('input[name="way"]:checked').value

function closeRoom() {
  room?.link.stop()
  room = undefined
  showState({ at: 'none' })
}

function followed(opened, state) {
  showState(state)
  if (state.at === 'waiting') {
    if (opened.entries.length === 0) void list(opened, undefined).catch(said())
    opened.wasLost = true
  }
  if (state.at !== 'live') return
  if (opened.wasLost) add(opened, { remark: 'Connected again, from where it broke off' })
  if (opened.isTrouble) hideError()
  opened.wasLost = false
  opened.isTrouble = false
  if (opened.isListed) return
  // First the stream, then the list: between the two nothing can be lost.
  opened.isListed = true
  const notListed = () => {
    opened.isListed = false
  }
  void list(opened, undefined).catch(said(notListed))
}

function wasRefused(opened, refused) {
  showError(refused)
  // Of a service or a limit, which passes: it goes with the next connection.
  opened.isTrouble = refused.status >= 429 && refused.status < 600
}

/** Puts what the list has since a cursor, or from the start, before what is heard from now on. */
async function list(opened, since) {
  const at = opened.entries.length
  const found = []
  let cursor = since
  for (let pages = 0; pages < pagesMax; pages++) {
    const query = new URLSearchParams({ limit: '100', ...(cursor && { cursor }) })
    const path = `channels/${opened.channelId}/messages?${query}`
    const { data, meta } = await json('GET', path, { token: me.token })
    found.push(...data)
    cursor = meta.cursor
    if (!meta.hasMore) break
  }
  if (room !== opened) return
  const isListed = new Set(found.map((one) => one.messageId))
  const missing = found.filter((one) => !opened.ids.has(one.messageId))
  // Heard before the list came, and in it: it has them in their place.
  const heardTwice = opened.entries.slice(at).filter((one) => isListed.has(one.messageId))
  const later = opened.entries.slice(at).filter((one) => !isListed.has(one.messageId))
  const entries = [...opened.entries.slice(0, at), ...missing, ...heardTwice, ...later]
  opened.entries = entries.slice(-shownMax)
  missing.forEach((one) => opened.ids.add(one.messageId))
  showMessages(opened.entries)
}

function heard(opened, message) {
  const isMine = message.senderId === me.userId && message.content === $('content').value.trim()
  if (isMine && opened === room) sent()
  if (opened.ids.has(message.messageId)) return
  opened.ids.add(message.messageId)
  add(opened, message)
}

function add(opened, entry) {
  const before = opened.entries.at(-1)
  opened.entries.push(entry)
  addMessage(entry, before)
}

async function send() {
  const content = $('content').value.trim()
  if (content === '' || room === undefined) return
  const message = { content, type: 'text' }
  hideError()
  // What goes by the socket comes back by it; until then it stays where it was written.
  if (room.link.send(message)) return
  unsent = unsent?.content === content ? unsent : { content, key: newKey() }
  const { channelId } = room
  const headers = { 'Idempotency-Key': unsent.key }
  $('composer').ariaBusy = 'true'
  try {
    const path = `channels/${channelId}/messages`
    const answer = await json('POST', path, { token: me.token, headers, body: message })
    sent()
    if (room?.channelId === channelId) heard(room, answer)
  } finally {
    $('composer').ariaBusy = 'false'
  }
}

function sent() {
  unsent = undefined
  $('content').value = ''
  grow()
}

async function createChannel(name) {
  const headers = { 'Idempotency-Key': newKey() }
  const channel = await json('POST', 'channels', { token: me.token, body: { name }, headers })
  channels.push(channel)
  $('channel-name').value = ''
  openRoom(channel.channelId)
}

/** As high as its text, up to what the style allows. */
function grow() {
  const field = $('content')
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}

function listen() {
  $('composer').addEventListener('submit', (event) => {
    event.preventDefault()
    send().catch(said())
  })
  $('content').addEventListener('input', grow)
  $('content').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    $('composer').requestSubmit()
  })
  $('new-channel').addEventListener('submit', (event) => {
    event.preventDefault()
    const name = $('channel-name').value.trim()
    hideError()
    if (name !== '') createChannel(name).catch(said())
  })
  for (const way of document.querySelectorAll('input[name="way"]')) {
    way.addEventListener('change', changeWay)
  }
  $('sign-out').addEventListener('click', signOut)
  document.addEventListener('keydown', (event) => event.key === 'Escape' && hideError())
  window.addEventListener('online', () => room?.link.hurry())
  onCalls(showCalls)
  keepAtEnd()
}

listen()
showCalls(calls)
showPersons(persons, signIn)
const known = persons.find(({ userId }) => userId === sessionStorage.getItem('userId'))
if (known) signIn(known)
else $('sign-in').hidden = false
