// Values as text in a request: the parameter styles of OpenAPI, forms, multipart.
import type { RawParameter } from './document.ts'

const defaultStyles = { path: 'simple', query: 'form', header: 'simple', cookie: 'form' } as const

/** What a parameter adds to its place: the text in the path, `name=value` pairs, a header's value. */
export function serialiseParameter(parameter: RawParameter, value: unknown): string {
  const style = parameter.style ?? defaultStyles[parameter.in]
  const explode = parameter.explode ?? style === 'form'
  const escape = parameter.in === 'header' ? String : encodeURIComponent
  if (parameter.content) {
    const text = escape(JSON.stringify(value))
    return parameter.in === 'query' || parameter.in === 'cookie'
      ? `${parameter.name}=${text}`
      : text
  }
  return serialiseStyle(encodeURIComponent(parameter.name), style, explode, value, escape)
}

/** The table "Style Examples" of the OpenAPI Specification. */
export function serialiseStyle(
  name: string,
  style: string,
  explode: boolean,
  value: unknown,
  escape: (text: string) => string = encodeURIComponent,
): string {
  const text = (one: unknown) => escape(String(one))
  const isList = Array.isArray(value)
  const isObject = typeof value === 'object' && value !== null && !isList
  const items = isList ? value.map(text) : [text(value)]
  const pairs = isObject ? Object.entries(value).map(([key, one]) => [escape(key), text(one)]) : []
  const flat = isObject ? pairs.flat() : items
  const assigned = pairs.map((pair) => pair.join('='))
  switch (style) {
    case 'simple':
      return (isObject && explode ? assigned : flat).join(',')
    case 'label':
      return `.${(isObject && explode ? assigned : flat).join(explode ? '.' : ',')}`
    case 'matrix':
      if (!explode || (!isList && !isObject)) return `;${name}=${flat.join(',')}`
      return (isObject ? assigned : items.map((one) => `${name}=${one}`))
        .map((one) => `;${one}`)
        .join('')
    case 'form':
      if (!explode || (!isList && !isObject)) return `${name}=${flat.join(',')}`
      return (isObject ? assigned : items.map((one) => `${name}=${one}`)).join('&')
    case 'spaceDelimited':
      return `${name}=${flat.join('%20')}`
    case 'pipeDelimited':
      return `${name}=${flat.join('%7C')}`
    case 'deepObject':
      return pairs.map(([key, one]) => `${name}%5B${key}%5D=${one}`).join('&')
    default:
      throw new Error(`no such style: ${style}`)
  }
}

/** `application/x-www-form-urlencoded`, each property in form style, exploded. */
export function serialiseForm(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => serialiseStyle(encodeURIComponent(name), 'form', true, value))
    .filter((pair) => pair !== '')
    .join('&')
}

export const multipartBoundary = '----concordat-7MA4YWxkTrZu0gW'

/** `multipart/form-data`: text as it is, all else as JSON, files with bytes that are no text. */
export function serialiseMultipart(
  fields: Readonly<Record<string, unknown>>,
  isFile: (name: string) => boolean,
): Buffer {
  const fileBytes = Buffer.from([0x89, 0x50, 0x0d, 0x0a, 0x1a, 0x00, 0xff, 0x0d, 0x0a])
  const parts = Object.entries(fields).flatMap(([name, value]) => {
    const disposition = `--${multipartBoundary}\r\nContent-Disposition: form-data; name="${name}"`
    if (isFile(name)) {
      const head = `${disposition}; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`
      return [Buffer.from(head), fileBytes, Buffer.from('\r\n')]
    }
    const isText = typeof value !== 'object' || value === null
    const type = isText ? '' : 'Content-Type: application/json\r\n'
    const content = isText ? String(value) : JSON.stringify(value)
    return [Buffer.from(`${disposition}\r\n${type}\r\n${content}\r\n`)]
  })
  return Buffer.concat([...parts, Buffer.from(`--${multipartBoundary}--\r\n`)])
}
