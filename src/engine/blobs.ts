// What plans name by number: bytes that lie in the snapshot beside them.
import { assert } from '../base.ts'
import type { OpenSnapshot } from '../snapshot.ts'

export const blobOf = (blobs: OpenSnapshot['blobs']) => (number: number) => {
  const bytes = blobs.at(number)
  assert(bytes !== undefined, 'a plan names bytes of its snapshot')
  return bytes
}
