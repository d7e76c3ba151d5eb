// Reads JSON from bytes: RFC 8259 in UTF-8, strict and bounded. One cheap scan of the bytes finds
// depth and number of values before anything is built; the native parser does the reading; a walk
// over the result finds what the native parser lets through.
//
// Stricter than the RFC, each because two readers would see two bodies: duplicate keys, escapes of
// half a surrogate pair (no UTF-8 downstream can hold them), numbers beyond a double's range.
// Integers beyond 2^53 pass, are checked as their nearest double and forwarded as they came.
import { duplicateKey } from './json-keys.ts'
import { type JsonIssue, jsonIssues } from './issues.ts'

export interface JsonBounds {
  /** Arrays and objects inside each other; at most 512. */
  readonly depthMax: number
  /** All values together; an empty array or object counts as two. */
  readonly valuesMax: number
  /** `keepLast` is for data that is not relayed; by default duplicate keys are refused. */
  readonly duplicateKeys?: 'refuse' | 'keepLast'
}

export interface JsonProblem {
  readonly issue: JsonIssue
  readonly message: string
  readonly atByte?: number
}

export type JsonRead = { readonly value: unknown } | { readonly problem: JsonProblem }

/** Recursion over a value is only safe up to here. */
const depthCeiling = 512

/** Keys of one object: V8 takes 45 ms to build one of 90,000 and to list its keys again. */
const objectKeysMax = 40_000

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function readJson(bytes: Uint8Array, bounds: JsonBounds): JsonRead {
  const scan = scanBytes(bytes, Math.min(bounds.depthMax, depthCeiling), bounds.valuesMax)
  if (scan !== undefined) return scan
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return problem('invalid_utf8')
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return problem('invalid_json', errorByte(error, text))
  }
  keys = 0
  flaw = undefined
  walk(value)
  if (flaw !== undefined) return problem(flaw)
  if (keys !== colons && bounds.duplicateKeys !== 'keepLast') {
    return problem('duplicate_key', duplicateKey(bytes))
  }
  return { value }
}

function problem(issue: JsonIssue, atByte?: number): JsonRead {
  const message = `${jsonIssues[issue]}${atByte === undefined ? '' : ` (at byte ${atByte})`}`
  return { problem: { issue, message, ...(atByte === undefined ? {} : { atByte }) } }
}

// Results of the scan and the walk. Reading is synchronous, and an object made for them on every
// read costs more than the walk over a small body.
let colons = 0
let surrogates = false
let keys = 0
let flaw: JsonIssue | undefined
/** Colons so far in the object that is open at each depth. */
const openColons = new Int32Array(depthCeiling + 1)

const quote = 0x22
const backslash = 0x5c

/** Counts without building: what is no JSON at all is left for the parser to say. */
function scanBytes(bytes: Uint8Array, depthMax: number, valuesMax: number): JsonRead | undefined {
  const length = bytes.length
  let depth = 0
  let values = 1
  let colonsSeen = 0
  openColons[0] = 0
  surrogates = false
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = stringEnd(bytes, at + 1, length)
    } else if (byte === 0x2c) {
      if (++values > valuesMax) return problem('too_many_values', at)
    } else if (byte === 0x3a) {
      colonsSeen++
      const inObject = openColons[depth]! + 1
      if (inObject > objectKeysMax) return problem('too_many_values', at)
      openColons[depth] = inObject
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++values > valuesMax) return problem('too_many_values', at)
      if (++depth > depthMax) return problem('too_deep', at)
      openColons[depth] = 0
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--
    }
  }
  colons = colonsSeen
  return undefined
}

/** Index of the closing quote, or the end. Notes whether an escape may be half a pair. */
function stringEnd(bytes: Uint8Array, from: number, length: number): number {
  let at = from
  for (; at < length; at++) {
    const byte = bytes[at]
    if (byte === quote) return at
    if (byte === backslash) {
      at++
      // `\ud8…` to `\udf…`, or so nearly that the slower walk is no loss.
      if (bytes[at] === 0x75 && (bytes[at + 1]! | 0x20) === 0x64) surrogates = true
    }
  }
  return at
}

/** Counts the keys that are left and finds what a double or UTF-8 cannot hold. */
function walk(value: unknown): void {
  if (typeof value === 'string') {
    if (surrogates && !value.isWellFormed()) flaw = 'lone_surrogate'
  } else if (typeof value === 'number') {
    if (value === Infinity || value === -Infinity) flaw = 'number_out_of_range'
  } else if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) for (let at = 0; at < value.length; at++) walk(value[at])
    else walkObject(value as Record<string, unknown>)
  }
}

function walkObject(value: Record<string, unknown>): void {
  for (const key in value) {
    keys++
    if (surrogates && !key.isWellFormed()) flaw = 'lone_surrogate'
    walk(value[key])
  }
}

/** V8 says a position in UTF-16 units; clients count bytes. */
function errorByte(error: unknown, text: string): number | undefined {
  const position = /at position (\d+)/.exec(String(error))?.[1]
  if (position === undefined) return undefined
  return new TextEncoder().encode(text.slice(0, Number(position))).length
}
