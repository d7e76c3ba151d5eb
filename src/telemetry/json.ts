// Text into JSON, for a log that people also read on a terminal.

// What JSON must escape, what a terminal could obey (C1 controls) and what some line readers take
// for a line end. Lone surrogates too: they have no UTF-8.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const special = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/
const unescaped = /[\u007f-\u009f\u2028\u2029]/g

/** A JSON string of at most `charsMax` characters of the text, and a sign where it was longer. */
export function quoted(text: string, charsMax: number): string {
  const bounded = text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`
  if (!special.test(bounded)) return `"${bounded}"`
  return JSON.stringify(bounded).replace(unescaped, escapeUnit)
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
