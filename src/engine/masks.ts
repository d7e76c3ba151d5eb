// Masks for frames to endpoints: nobody may foresee them (RFC 6455 §5.3).
import { randomFillSync } from 'node:crypto'
import type { Mask } from '../http.ts'

const maskBytes = 4
/** Asking for many at once costs hardly more than for one. */
const pool = new Uint8Array(1024 * maskBytes)
let at = pool.length

/** Valid until many more have been made. */
export function newMask(): Mask {
  if (at === pool.length) {
    randomFillSync(pool)
    at = 0
  }
  at += maskBytes
  return pool.subarray(at - maskBytes, at)
}
