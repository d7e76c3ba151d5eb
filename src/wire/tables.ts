// Character classes of RFC 9110 §5.6.2 and RFC 9112, as tables: one look-up a character.

/** What `isTokenCode` holds for an underscore, beside its 1. */
export const underscoreKind = 2

/** Not 0 for each character of a token (RFC 9110 §5.6.2), by its code. */
export const isTokenCode = new Uint8Array(256)
for (const one of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  isTokenCode[one.charCodeAt(0)] = 1
}
isTokenCode['_'.charCodeAt(0)] = 1 | underscoreKind

/**
 * 1 for each character that a request target may hold: visible ASCII without those that RFC 3986
 * forbids and no browser sends. Browsers do send `|`, `^`, `{`, `}`, backquote and, in queries, the
 * backslash unescaped; the router refuses a backslash in a path.
 */
export const isTargetCode = new Uint8Array(256)
for (let code = 0x21; code < 0x7f; code++) isTargetCode[code] = 1
for (const one of '#"<>') isTargetCode[one.charCodeAt(0)] = 0

/** 1 for each character of a field value (RFC 9110 §5.5): HTAB, SP, visible, and bytes over 127. */
export const isValueCode = new Uint8Array(256)
isValueCode[0x09] = 1
for (let code = 0x20; code < 0x7f; code++) isValueCode[code] = 1
for (let code = 0x80; code < 0x100; code++) isValueCode[code] = 1
