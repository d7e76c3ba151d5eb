// Files that settings name beside the documents, such as lists of addresses: read whole, bounded,
// each once. What a contract names must lie in its folder, symbolic links followed; what the
// configuration names may lie anywhere.
import { hash } from 'node:crypto'
import { closeSync, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { type SourceFile, unreadContent } from '../base.ts'
import {
  demandFile,
  failureText,
  isWithin,
  missedContent,
  openFlags,
  outsideText,
} from './access.ts'
import { utf8Text } from './text.ts'

export interface NamedFilesOptions {
  /** The contract's folder, and what else its references may lead to. */
  readonly folders: readonly string[]
  /** Overlays of the contract: each may name what lies in its own folder too. */
  readonly overlays?: readonly string[]
  readonly fileBytesMax?: number
  /** All files together. */
  readonly bytesMax?: number
}

export type NamedText = { readonly text: string } | { readonly problem: string }

const megabyte = 1024 * 1024
const defaults = { fileBytesMax: 64 * megabyte, bytesMax: 256 * megabyte }

type Failure = NodeJS.ErrnoException

export class NamedFiles {
  /** The files read or missed, in order: to watch, and for cache keys. */
  readonly files: SourceFile[] = []
  readonly #folders: readonly string[]
  readonly #overlays: ReadonlySet<string>
  readonly #bounds: Required<Pick<NamedFilesOptions, 'fileBytesMax' | 'bytesMax'>>
  readonly #known = new Map<string, NamedText>()
  #bytesLeft: number

  constructor({ folders, overlays = [], ...bounds }: NamedFilesOptions) {
    this.#folders = realPaths(folders)
    this.#overlays = new Set(overlays)
    this.#bounds = { ...defaults, ...bounds }
    this.#bytesLeft = this.#bounds.bytesMax
  }

  /**
   * The text of a file by its absolute path, or what keeps it from being read. `from` is the file
   * that names it.
   */
  read(path: string, namedBy: 'contract' | 'configuration', from = ''): NamedText {
    const real = realPath(path)
    if (namedBy === 'contract' && typeof real === 'string' && !this.#mayName(from, real)) {
      return { problem: outsideText(path) }
    }
    const known = this.#known.get(path) ?? this.#readFirst(path, real)
    this.#known.set(path, known)
    return known
  }

  #mayName(from: string, real: string): boolean {
    const beside = this.#overlays.has(from) ? realPaths([dirname(from)]) : []
    return isWithin(real, [...this.#folders, ...beside])
  }

  #readFirst(path: string, real: string | Failure): NamedText {
    if (typeof real !== 'string') return this.#missed(path, real)
    try {
      return this.#take(path, readBounded(real, this.#bytesMax()))
    } catch (error) {
      return this.#missed(path, error as Failure)
    }
  }

  #missed(path: string, failure: Failure): NamedText {
    this.files.push({ path, content: missedContent(failure) })
    return { problem: failureText(path, failure) }
  }

  #take(path: string, bytes: Uint8Array | undefined): NamedText {
    this.files.push({ path, content: bytes === undefined ? unreadContent : hash('sha256', bytes) })
    if (bytes === undefined) return { problem: `${path} is too large: ${this.#boundsText()}` }
    this.#bytesLeft -= bytes.length
    const text = utf8Text(bytes)
    return text === undefined ? { problem: `${path} is not UTF-8 text` } : { text }
  }

  #bytesMax(): number {
    return Math.min(this.#bounds.fileBytesMax, this.#bytesLeft)
  }

  #boundsText(): string {
    const { fileBytesMax, bytesMax } = this.#bounds
    return `a file may have ${fileBytesMax} bytes, and all together ${bytesMax}`
  }
}

const realPaths = (paths: readonly string[]): string[] =>
  paths.map(realPath).filter((path) => typeof path === 'string')

function realPath(path: string): string | Failure {
  try {
    return realpathSync(path)
  } catch (error) {
    return error as Failure
  }
}

/** The file's bytes, or undefined where they are more than `bytesMax`. */
function readBounded(path: string, bytesMax: number): Uint8Array | undefined {
  const file = openSync(path, openFlags)
  try {
    const stat = fstatSync(file)
    demandFile(stat)
    if (stat.size > bytesMax) return undefined
    // To its end: it may have grown since its size was asked.
    const bytes = readFileSync(file)
    return bytes.length > bytesMax ? undefined : bytes
  } finally {
    closeSync(file)
  }
}
