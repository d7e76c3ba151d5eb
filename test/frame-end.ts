// An endpoint's end of a connection of HTTP/2, which does nothing by itself: a test writes the very
// frames that it wants, and looks at those that came.
import assert from 'node:assert/strict'
import {
  frameFlag,
  frameHead,
  frameType,
  headersFrames,
  preface,
  settingsAck,
  settingsFrame,
  uint32At,
} from '../src/wire/http2/frames.ts'
import { FieldLines } from '../src/wire/http2/field-lines.ts'
import { HpackDecoder } from '../src/wire/http2/hpack-decoder.ts'
import { encodeField, encodeLines, encodeStatus } from '../src/wire/http2/hpack-encoder.ts'
import { eventually, type Peer } from './raw-peer.ts'

export { encodeField, encodeLines, encodeStatus }
export * from '../src/wire/http2/frames.ts'

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly id: number
  readonly payload: string
}

/** An endpoint's end of a connection. */
export class FrameEnd {
  readonly peer: Peer

  constructor(peer: Peer) {
    this.peer = peer
  }

  get frames(): Frame[] {
    const bytes = Buffer.from(this.peer.received.slice(preface.length), 'latin1')
    const frames: Frame[] = []
    for (let at = 0; at + 9 <= bytes.length;) {
      const end = at + 9 + bytes.readUIntBE(at, 3)
      const payload = bytes.toString('latin1', at + 9, end)
      frames.push({
        type: bytes[at + 3]!,
        flags: bytes[at + 4]!,
        id: uint32At(bytes, at + 5),
        payload,
      })
      at = end
    }
    return frames
  }

  of(type: keyof typeof frameType): Frame[] {
    return this.frames.filter((one) => one.type === frameType[type])
  }

  send(...frames: string[]): void {
    this.peer.send(frames.join(''))
  }

  greet(settings: [number, number][] = []): void {
    this.send(settingsFrame(settings), settingsAck)
  }

  /** Waits for the next request; its stream. */
  async asked(count = 1): Promise<number> {
    await eventually('it is asked', () => this.of('headers').length >= count)
    return this.of('headers')[count - 1]!.id
  }

  /** Waits for a reset of a stream; its code. */
  async resetOf(id: number): Promise<number> {
    const resets = () => this.of('rstStream').filter((one) => one.id === id)
    await eventually('the stream is reset', () => resets().length > 0)
    return uint32At(Buffer.from(resets()[0]!.payload, 'latin1'), 0)
  }
}

export const block = (...lines: string[]): string =>
  encodeLines(lines.map((line) => `${line}\r\n`).join(''))
export const status = (code: string | number): string => encodeField(':status', `${code}`)
export const head = (id: number, code = 200, ...lines: string[]): string =>
  headersFrames(id, status(code) + block(...lines), false)
export const data = (id: number, bytes: string, ends = false): string =>
  frameHead(bytes.length, frameType.data, ends ? frameFlag.endStream : 0, id) + bytes
export const whole = (id: number): string =>
  head(id, 200, 'content-length: 2') + data(id, 'ok', true)

/** The fields of HEADERS as text, pseudo-fields first. */
export function fieldsOf({ payload }: Frame): string {
  const lines = new FieldLines()
  lines.begin(64 * 1024, 200)
  const bytes = Buffer.from(payload, 'latin1')
  assert.ok(new HpackDecoder(4_096).decode(bytes, 0, bytes.length, lines))
  const { method, scheme, authority, path, protocol } = lines
  const pseudo = Object.entries({ method, scheme, authority, path, protocol })
  return `${pseudo.map(([name, value]) => `:${name}: ${value}\r\n`).join('')}${lines.text}`
}
