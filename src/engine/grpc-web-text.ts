// Base64 as gRPC-Web writes bodies in text: each piece that somebody flushed may end with padding,
// and the next one begins anew. Read strictly: what two readers could take in two ways is refused.

const groupChars = 4
const form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export class TextDecoder64 {
  /** The beginning of a group that is not whole yet. */
  #carried = ''

  /** Whether what came by now ends with a group. */
  get isWhole(): boolean {
    return this.#carried === ''
  }

  /** The bytes of what is whole by now; undefined where this is no base64. */
  piece(text: string): Buffer | undefined {
    const all = this.#carried + text
    const end = all.length - (all.length % groupChars)
    this.#carried = all.slice(end)
    if (!/^[A-Za-z0-9+/=]*$/.test(this.#carried)) return undefined
    return decoded(all.slice(0, end))
  }
}

function decoded(text: string): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; at < text.length;) {
    const padding = text.indexOf('=', at)
    // To the end of the group in which the padding stands.
    const end = padding < 0 ? text.length : (Math.floor(padding / groupChars) + 1) * groupChars
    const part = text.slice(at, end)
    if (!form.test(part)) return undefined
    const bytes = Buffer.from(part, 'base64')
    // Bits that say nothing must be zero: else there would be several ways to write the same.
    if (padding >= 0 && lastGroup(bytes) !== part.slice(-groupChars)) return undefined
    parts.push(bytes)
    at = end
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

/** The last group of bytes that are padded, written as it should be. */
const lastGroup = (bytes: Buffer): string =>
  bytes.subarray(bytes.length - (bytes.length % 3)).toString('base64')
