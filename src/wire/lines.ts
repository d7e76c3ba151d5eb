// Header fields as the lines in which they travel.

/** Each field as `name: value` with its CRLF. Names and values must have been checked. */
export function linesOf(headers: readonly string[]): string {
  let lines = ''
  for (let i = 0; i < headers.length; i += 2) lines += `${headers[i]}: ${headers[i + 1]}\r\n`
  return lines
}
