// Asks an admin port for JSON, within bounds: whatever answers there may be slow, endless, or no
// gateway at all.
import { harmless } from './top-parse.ts'
import { unansweredReason } from './unanswered.ts'

export type Asked =
  | { readonly data: unknown }
  /** What it said in place of it: the message of its refusal. */
  | { readonly refused: string; readonly status: number }
  | { readonly failed: string }

const timeoutMs = 5_000
const bytesMax = 32 * 1024 * 1024
const reasonCharsMax = 300

export async function askAdmin(
  admin: URL,
  path: string,
  ask: typeof fetch = fetch,
): Promise<Asked> {
  const url = new URL(`${admin.pathname.replace(/\/$/, '')}${path}`, admin)
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await ask(url, { signal, redirect: 'error' })
    const json = parsed(await textOf(response))
    if (response.status === 200) {
      const data = field(json, 'data')
      return data === undefined ? { failed: 'the answer is none of a gateway' } : { data }
    }
    const message = field(field(json, 'error'), 'message')
    const { status } = response
    if (typeof message === 'string') return { refused: short(message), status }
    return { failed: `it answered ${status}, not as a gateway would` }
  } catch (error) {
    return { failed: unansweredReason(error, timeoutMs) }
  }
}

async function textOf({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of body ?? []) {
    bytes += piece.length
    if (bytes > bytesMax) throw new Error('the answer is too large')
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A member of an object that somebody else made. */
export function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined
}

const short = (text: string): string => harmless(text).slice(0, reasonCharsMax)
