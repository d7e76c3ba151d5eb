// The token of RFC 9110 §5.6.2: names of fields, methods, parameters.

/** A pattern's text for one, to stand within others. */
export const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"

export const tokenForm = new RegExp(`^${token}$`)
