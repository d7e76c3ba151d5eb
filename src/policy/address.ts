// A client address as two 32-bit words, without allocating: the key of limits by address. IPv6
// counts by /64, for one subscriber owns a whole one and could else take a fresh bucket at will.

/** The words of the address that was read last. One pair for all: it is read and used at once. */
export const addressKey = { high: 0, low: 0 }

// Upper word of every IPv4 key. As IPv6 it would be a multicast address, which is no client's.
const ipv4High = 0xffff_0000 | 0

const dot = 46
const colon = 58

/** Reads an address as the wire gives it (no zone, no mapped IPv4) into `addressKey`. */
export function readAddress(address: string): void {
  if (address.indexOf(':') < 0) readIpv4(address)
  else readIpv6(address)
}

function readIpv4(address: string): void {
  let low = 0
  let octet = 0
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i)
    if (code === dot) {
      low = (low << 8) | octet
      octet = 0
    } else octet = octet * 10 + code - 48
  }
  addressKey.high = ipv4High
  addressKey.low = (low << 8) | octet
}

/** The first four groups; `::` among them stands for as many zeros as are needed. */
function readIpv6(address: string): void {
  const zeros = zeroGroups(address)
  let high = 0
  let low = 0
  let at = 0
  let i = 0
  while (i < address.length && at < 4) {
    if (address.charCodeAt(i) === colon) {
      for (let left = zeros; left > 0 && at < 4; left--) {
        high = (high << 16) | (low >>> 16)
        low <<= 16
        at++
      }
      i++
      if (i === 1) i++
      continue
    }
    let group = 0
    for (; i < address.length && address.charCodeAt(i) !== colon; i++) {
      group = (group << 4) | hexDigit(address.charCodeAt(i))
    }
    i++
    high = (high << 16) | (low >>> 16)
    low = (low << 16) | group
    at++
  }
  addressKey.high = high
  addressKey.low = low
}

/** How many groups the `::` stands for. */
function zeroGroups(address: string): number {
  if (address.indexOf('::') < 0) return 0
  let groups = 0
  let inGroup = false
  for (let i = 0; i < address.length; i++) {
    const isColon = address.charCodeAt(i) === colon
    if (!isColon && !inGroup) groups++
    inGroup = !isColon
  }
  return 8 - groups
}

function hexDigit(code: number): number {
  return code < 58 ? code - 48 : (code | 32) - 87
}
