// Names and addresses: RFC 5321, 1123, 3986, 3987. Alternatives inside the loops below begin with
// different characters, so none of them can be read in two ways and each takes linear time.

const hostLabel = '[a-z\\d](?:[a-z\\d-]{0,61}[a-z\\d])?'
const host = new RegExp(`^${hostLabel}(?:\\.${hostLabel})*$`, 'i')

export const isHostname = (text: string): boolean => text.length <= 253 && host.test(text)

/** As dots count, the full stop and three of other scripts (RFC 3490, section 3.1). */
const dots = /[.\u3002\uff0e\uff61]/u
/** What a label of another script than Latin is made of, joiners and middle dots among it. */
const idnLabel = /^(?:[\p{L}\p{M}\p{N}\u00b7\u0375\u05f3\u05f4\u30fb-]|\u200c|\u200d)+$/u
const idnCharsMax = 253

/**
 * A name that may hold letters of any script (RFC 5890). Whether each goes with the next is left
 * to the URL Standard, which maps names more leniently than registries do.
 */
export function isIdnHostname(text: string): boolean {
  if (text.length > idnCharsMax) return false
  if (/^[\0-\x7f]*$/.test(text)) return isHostname(text)
  const labels = text.split(dots)
  if (!labels.every((label) => idnLabel.test(label) && !/^\p{M}|^-|-$/u.test(label))) return false
  const mapped = URL.parse(`http://${labels.join('.')}/`)?.hostname
  return mapped !== undefined && isHostname(mapped)
}

const atom = "[\\w!#$%&'*+/=?^`{|}~-]+"
const mailbox = new RegExp(`^(?:${atom}(?:\\.${atom})*|"(?:[^"\\\\\\r\\n]|\\\\[ -~])*")$`)

const idnAtom = "[\\w!#$%&'*+/=?^`{|}~\\u{80}-\\u{10ffff}-]+"
const idnMailbox = new RegExp(
  `^(?:${idnAtom}(?:\\.${idnAtom})*|"(?:[^"\\\\\\r\\n]|\\\\[ -~])*")$`,
  'u',
)

export const isEmail = (text: string): boolean => isAddress(text, mailbox, isHostname)

/** RFC 6531. */
export const isIdnEmail = (text: string): boolean => isAddress(text, idnMailbox, isIdnHostname)

function isAddress(text: string, local: RegExp, isHost: (host: string) => boolean): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || at > 64 || !local.test(text.slice(0, at))) return false
  const domain = text.slice(at + 1)
  if (!domain.startsWith('[')) return isHost(domain)
  if (!domain.endsWith(']')) return false
  const address = domain.slice(1, -1)
  return address.startsWith('IPv6:') ? isIpv6(address.slice(5)) : isIpv4(address)
}

const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)

export const isIpv4 = (text: string): boolean => text.length <= 15 && ipv4.test(text)

/** The longest there is ends in a dotted IPv4 address. */
const ipv6CharsMax = 45

export function isIpv6(text: string): boolean {
  if (text.length > ipv6CharsMax) return false
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return false
  const before = groups(head, tail === undefined)
  const after = tail === undefined ? 0 : groups(tail, true)
  if (before < 0 || after < 0) return false
  return tail === undefined ? before === 8 : before + after < 8
}

/** How many 16-bit groups a part stands for, or -1. */
function groups(part: string, isLast: boolean): number {
  if (part === '') return 0
  const pieces = part.split(':')
  const dotted = isLast && pieces.at(-1)?.includes('.') === true
  if (dotted && !isIpv4(pieces.pop() ?? '')) return -1
  if (!pieces.every((piece) => /^[\da-f]{1,4}$/i.test(piece))) return -1
  return pieces.length + (dotted ? 2 : 0)
}

/** RFC 3986 appendix A; `more`: characters that RFC 3987 adds. */
function reference(more: string): RegExp {
  const chars = `[\\w.~!$&'()*+,;=${more}-]|%[\\da-f]{2}`
  const authority = `(?:(?:${chars}|:)*@)?(?:\\[[\\da-f:.v]+\\]|(?:${chars})*)(?::\\d*)?`
  const path = `(?:${chars}|[:@/])*`
  const query = `(?:${chars}|[:@/?])*`
  // Without a scheme the first segment has no colon, or it would be one.
  const start = '(?:[a-z][a-z\\d+.-]*:|(?![^/?#]*:))'
  return new RegExp(
    `^${start}(?://${authority}(?=[/?#]|$)|(?!//))${path}(?:\\?${query})?(?:#${query})?$`,
    'iu',
  )
}

const uriReference = reference('')
const iriReference = reference('\\u{a0}-\\u{d7ff}\\u{e000}-\\u{10ffff}')
const scheme = /^[a-z][a-z\d+.-]*:/i

export const isUriReference = (text: string): boolean => uriReference.test(text)
export const isUri = (text: string): boolean => scheme.test(text) && uriReference.test(text)
export const isIriReference = (text: string): boolean => iriReference.test(text)
export const isIri = (text: string): boolean => scheme.test(text) && iriReference.test(text)
