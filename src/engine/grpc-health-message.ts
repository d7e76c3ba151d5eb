// The one message that the health service reads: HealthCheckRequest { string service = 1; }, framed
// as gRPC frames messages. Few bytes of a closed form, so that no package is needed in a worker.

const prefixBytes = 5
const serviceTag = 0x0a

/** Undefined where these bytes are anything else; no byte of a message is the empty name. */
export function serviceAsked(framed: Buffer): string | undefined {
  if (framed.length < prefixBytes || framed[0] !== 0) return undefined
  const message = framed.subarray(prefixBytes)
  if (message.length !== framed.readUInt32BE(1)) return undefined
  if (message.length === 0) return ''
  const [tag, low = 0, high = 0] = message
  const isLong = low > 127
  const length = isLong ? (low & 127) + high * 128 : low
  const start = isLong ? 3 : 2
  if (tag !== serviceTag || (isLong && high > 127) || message.length !== start + length)
    return undefined
  return message.toString('utf8', start)
}
