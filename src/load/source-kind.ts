// What a contract's file is: text, or a protobuf descriptor set.

/** As protoc and buf are told to name them, and others do. */
const setName = /\.(?:binpb|pb|desc|protoset)$/i

/**
 * By its name, or by its first bytes: a set begins with a file (tag 0x0a), and soon holds what no
 * text does.
 */
export function isDescriptorSet(path: string, bytes: Uint8Array): boolean {
  if (setName.test(path)) return true
  return bytes[0] === 0x0a && bytes.subarray(1, beginningBytes).some((byte) => byte < 0x09)
}

const beginningBytes = 4_096
