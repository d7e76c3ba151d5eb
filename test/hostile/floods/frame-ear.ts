// Hears what a peer of HTTP/2 says, however its bytes are cut, and keeps little of it.
import {
  errorCode,
  frameType,
  preface,
  uint31At,
  uint32At,
} from '../../../src/wire/http2/frames.ts'

const codeNames = new Map<number, string>(
  Object.entries(errorCode).map(([name, code]) => [code, name]),
)
const keptBytesMax = 64 * 1024

export class FrameEar {
  /** Of GOAWAY that tells of an error. */
  goaway: string | undefined
  isSettled = false
  dataBytes = 0
  headers = 0
  readonly resets = new Map<string, number>()
  readonly ended = new Set<number>()
  /** Of each HEADERS, its stream and block. */
  asked: (id: number, block: Buffer) => void = () => {}
  #rest: Buffer = Buffer.alloc(0)
  #skipBytes: number

  constructor(isServer = false) {
    this.#skipBytes = isServer ? preface.length : 0
  }

  readonly hear = (piece: Buffer): void => {
    let bytes = piece
    if (this.#skipBytes > 0) {
      const skipped = Math.min(this.#skipBytes, bytes.length)
      this.#skipBytes -= skipped
      bytes = bytes.subarray(skipped)
    }
    bytes = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    while (bytes.length - at >= 9) {
      const length = bytes.readUIntBE(at, 3)
      if (bytes.length - at < 9 + length) break
      this.#frame(bytes[at + 3]!, bytes[at + 4]!, bytes.subarray(at + 5, at + 9 + length))
      at += 9 + length
    }
    this.#rest = Buffer.from(bytes.subarray(at))
    if (this.#rest.length > keptBytesMax) throw new Error('a frame that is too large came')
  }

  #frame(type: number, flags: number, idAndPayload: Buffer): void {
    const id = uint31At(idAndPayload, 0)
    const payload = idAndPayload.subarray(4)
    if (type === frameType.settings) this.isSettled = true
    if (type === frameType.data) this.dataBytes += payload.length
    if (type === frameType.goaway) this.#goaway(payload)
    if (type === frameType.headers) {
      this.headers++
      this.asked(id, payload)
    }
    if (type === frameType.rstStream) {
      const name = codeNames.get(uint32At(payload, 0)) ?? 'unknown'
      this.resets.set(name, (this.resets.get(name) ?? 0) + 1)
      this.ended.add(id)
    }
    if ((type === frameType.data || type === frameType.headers) && (flags & 1) !== 0) {
      this.ended.add(id)
    }
  }

  #goaway(payload: Buffer): void {
    const code = uint32At(payload, 4)
    if (code !== errorCode.noError) {
      this.goaway = `${codeNames.get(code)}: ${payload.toString('latin1', 8)}`
    } else {
      this.goaway ??= 'noError'
    }
  }

  /** In words. */
  get told(): string {
    const resets = [...this.resets].map(([name, count]) => `${count} × ${name}`)
    const reset = resets.length === 0 ? [] : [`reset ${resets.join(', ')}`]
    return [...(this.goaway === undefined ? [] : [this.goaway]), ...reset].join('; ') || 'cut'
  }
}
