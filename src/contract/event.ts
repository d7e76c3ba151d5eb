// One server-sent event as the value that OpenAPI 3.2 holds against `itemSchema`: its fields as
// HTML (section 9.2.6) reads them. What a client would not dispatch is no event.

export interface ServerEvent {
  data: string
  event?: string
  id?: string
  retry?: number
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Undefined: a comment, or fields without data. */
export function readEvent(bytes: Uint8Array): ServerEvent | 'not_utf8' | undefined {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return 'not_utf8'
  }
  const data: string[] = []
  const event: ServerEvent = { data: '' }
  for (const line of text.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    if (colon === 0 || line === '') continue
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') data.push(value)
    else setField(event, name, value)
  }
  if (data.length === 0) return undefined
  event.data = data.join('\n')
  return event
}

function setField(event: ServerEvent, name: string, value: string): void {
  if (name === 'event') event.event = value
  else if (name === 'id' && !value.includes('\0')) event.id = value
  else if (name === 'retry' && /^\d{1,15}$/.test(value)) event.retry = Number(value)
}
