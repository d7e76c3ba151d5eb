// A client address as 32-bit words, without allocating: what limits and lists by address look up.

/** The words of the address that was read last. One place for all: it is read and used at once. */
export const addressWords = new Uint32Array(4)

/** The key of limits by address that was read last. */
export const addressKey = { high: 0, low: 0 }

// Upper word of every IPv4 key. As IPv6 it would be a multicast address, which is no client's.
const ipv4High = 0xffff_0000 | 0

const dot = 46
const nine = 57
const colon = 58

/**
 * Reads an address as the wire gives it (no zone, no mapped IPv4) into `addressKey`. IPv6 counts by
 * /64, for one subscriber owns a whole one and could else take a fresh bucket at will.
 */
export function readAddress(address: string): void {
  const isIpv6 = readWords(address) === 4
  addressKey.high = isIpv6 ? addressWords[0]! | 0 : ipv4High
  addressKey.low = addressWords[isIpv6 ? 1 : 0]! | 0
}

/**
 * Reads an address as the wire gives it into `addressWords`. Gives how many of them it has: 1 of
 * IPv4, 4 of IPv6, 0 where the peer has no address.
 */
export function readWords(address: string): 0 | 1 | 4 {
  if (address.indexOf(':') >= 0) {
    readIpv6(address)
    return 4
  }
  addressWords[0] = 0
  // Such a peer is called `unknown`.
  if (address.charCodeAt(0) > nine) return 0
  readIpv4(address)
  return 1
}

function readIpv4(address: string): void {
  let word = 0
  let octet = 0
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i)
    if (code === dot) {
      word = (word << 8) | octet
      octet = 0
    } else octet = octet * 10 + code - 48
  }
  addressWords[0] = (word << 8) | octet
}

const groups = new Uint16Array(8)

/** Groups between colons; `::` among them stands for as many zeros as are needed. */
function readIpv6(address: string): void {
  let count = 0
  let group = 0
  let zerosAt = 8
  let before = 0
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i)
    if (code !== colon) group = (group << 4) | hexDigit(code)
    else if (before === colon) zerosAt = count
    else if (i > 0) {
      groups[count++] = group
      group = 0
    }
    before = code
  }
  if (before !== colon) groups[count++] = group
  spread(zerosAt, count)
  for (let i = 0; i < 4; i++) addressWords[i] = (groups[2 * i]! << 16) | groups[2 * i + 1]!
}

/** Moves the groups behind `::` to the end, and zeros to where they were. */
function spread(zerosAt: number, count: number): void {
  const zeros = 8 - count
  for (let i = count - 1; i >= zerosAt; i--) groups[i + zeros] = groups[i]!
  for (let i = zerosAt; i < zerosAt + zeros; i++) groups[i] = 0
}

function hexDigit(code: number): number {
  return code < 58 ? code - 48 : (code | 32) - 87
}
