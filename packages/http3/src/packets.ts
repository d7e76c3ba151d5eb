// What the front reads of QUIC packets without any key (RFC 8999, RFC 9000 §17): which kind one is,
// whose connection it belongs to, and the one reply that a server gives without a connection.

/** How long the ids are that the native part gives. */
const ownIdBytes = 20
const version1 = 0x00000001
/** A client pads its first packets to that (RFC 9000 §14.1). */
export const initialBytesMin = 1200

export type Packet =
  /** Begins a connection. */
  | { readonly kind: 'initial'; readonly destination: Buffer; readonly source: Buffer }
  /** Begins one in a version that is not ours. */
  | { readonly kind: 'otherVersion'; readonly destination: Buffer; readonly source: Buffer }
  /** Belongs to a connection that stands. */
  | { readonly kind: 'later' }

const later: Packet = { kind: 'later' }

/** Undefined for what is no packet that a server of QUIC answers. */
export function readPacket(datagram: Buffer): Packet | undefined {
  const first = datagram[0]
  if (first === undefined) return undefined
  if ((first & 0x80) === 0) {
    if ((first & 0x40) === 0 || datagram.length < 1 + ownIdBytes) return undefined
    return later
  }
  const ids = longIds(datagram)
  if (ids === undefined) return undefined
  const version = datagram.readUInt32BE(1)
  // A packet that only answers an offer of versions.
  if (version === 0) return undefined
  if (version !== version1) {
    return datagram.length < initialBytesMin ? undefined : { kind: 'otherVersion', ...ids }
  }
  if ((first & 0x40) === 0 || ids.destination.length > 20 || ids.source.length > 20)
    return undefined
  if ((first & 0x30) !== 0) return later
  if (datagram.length < initialBytesMin) return undefined
  // The first id is random and long enough that nobody guesses it (RFC 9000 §7.2).
  if (ids.destination.length < 8) return undefined
  return { kind: 'initial', ...ids }
}

function longIds(datagram: Buffer): { destination: Buffer; source: Buffer } | undefined {
  if (datagram.length < 7) return undefined
  const destinationEnd = 6 + datagram[5]!
  const sourceLength = datagram[destinationEnd]
  if (sourceLength === undefined) return undefined
  const sourceEnd = destinationEnd + 1 + sourceLength
  if (sourceEnd > datagram.length) return undefined
  return {
    destination: datagram.subarray(6, destinationEnd),
    source: datagram.subarray(destinationEnd + 1, sourceEnd),
  }
}

/** Offers the version that we speak (RFC 9000 §17.2.1); shorter than what it answers. */
export function versionOffer(destination: Buffer, source: Buffer, random: number): Buffer {
  const head = Buffer.from([0x80 | (random & 0x7f), 0, 0, 0, 0, source.length])
  const version = Buffer.from([0, 0, 0, version1])
  return Buffer.concat([head, source, Buffer.from([destination.length]), destination, version])
}
