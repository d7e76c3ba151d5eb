// Reads text/event-stream from a fetched body, for EventSource can send no Authorization. As the
// HTML standard has it (section 9.2.6), but for a byte order mark, which nobody sends.

/** Gives each event as `{event, id, data}`; `retry` and what carries no data come as they are met. */
export async function* eventsIn(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let unread = ''
  let event = {}
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      unread += value
      // A CR at the very end may be half of a CRLF: it waits for what follows.
      const lines = unread.split(/\r\n|\n|\r(?!$)/)
      unread = lines.pop()
      for (const line of lines) {
        if (line !== '') {
          readField(event, line)
          continue
        }
        yield event
        event = {}
      }
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

function readField(event, line) {
  const colon = line.indexOf(':')
  const name = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
  if (name === 'data') event.data = event.data === undefined ? value : `${event.data}\n${value}`
  else if (name === 'id' && !value.includes('\0')) event.id = value
  else if (name === 'event') event.event = value
  else if (name === 'retry' && /^\d+$/.test(value)) event.retry = Number(value)
}
