// What a watch asks of the disk: what is in a file, whether it may have changed, and which names
// of which folders lead to it.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readlink, stat } from 'node:fs/promises'
import { dirname, join, parse, resolve, sep } from 'node:path'
import { absentContent, type SourceFile, unreadContent } from '../base.ts'

// What a contract may be long, all its files together: a longer one is not read either.
const bytesMax = 64 * 1024 * 1024
// Hashing so much takes about 0.2 ms, and requests have their turn in between.
const pieceBytes = 256 * 1024

/** As `SourceFile` has it. */
export async function contentOf(path: string): Promise<string> {
  try {
    // Without blocking, or a named pipe would hold us until somebody writes to it.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      return (await file.stat()).isFile() ? await hashOf(file) : unreadContent
    } finally {
      await file.close()
    }
  } catch (error) {
    return isAbsent(error) ? absentContent : unreadContent
  }
}

/** Whether files hold what was read from them; of what could not be read nothing is known. */
export async function holdStill(files: readonly SourceFile[]): Promise<boolean> {
  for (const { path, content } of files) {
    if (content !== unreadContent && content !== (await contentOf(path))) return false
  }
  return true
}

async function hashOf(file: Awaited<ReturnType<typeof open>>): Promise<string> {
  const sum = createHash('sha256')
  const piece = new Uint8Array(pieceBytes)
  for (let at = 0; at <= bytesMax;) {
    const { bytesRead } = await file.read(piece, 0, pieceBytes, at)
    if (bytesRead === 0) return sum.digest('hex')
    sum.update(piece.subarray(0, bytesRead))
    at += bytesRead
  }
  return unreadContent
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

// File times are coarse: what is written twice within a grain may look the same from outside.
const settledMs = 2_000

/**
 * Differs where the file was replaced or written to, without reading it; undefined where that
 * cannot be told yet, for the last change is too young.
 */
export async function stampOf(path: string, epochMs: number): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    const changedMs = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n)
    if (changedMs > epochMs - settledMs) return undefined
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

/** A name in a folder: whoever changes what it means changes what the path leads to. */
export interface Step {
  /** Without links. */
  readonly folder: string
  readonly name: string
}

/** What stands under a path: a link and where it leads, nothing, or anything else. */
type Link = { readonly to: string } | 'absent' | 'other'

/** Shared by the paths of one look: they have most of their folders in common. */
export type Links = Map<string, Link>

// As the kernel counts: then it is a circle.
const linksMax = 40

/** The links on the way to a file, and the file; where something is missing, that is the last. */
export async function wayTo(path: string, links: Links): Promise<Step[]> {
  const steps: Step[] = []
  const { names, ...start } = split(path)
  let { folder } = start
  for (let followed = 0; names.length > 0;) {
    const name = names.shift()!
    const full = join(folder, name)
    const link = await linkAt(full, links)
    if (link === 'other' && names.length > 0) {
      folder = full
      continue
    }
    steps.push({ folder, name })
    if (typeof link === 'string' || ++followed > linksMax) break
    const next = split(resolve(folder, link.to))
    names.unshift(...next.names)
    folder = next.folder
  }
  return steps
}

function split(path: string): { folder: string; names: string[] } {
  const { root } = parse(path)
  const names = path.slice(root.length).split(sep)
  return { folder: dirname(root), names: names.filter((name) => name !== '') }
}

async function linkAt(path: string, links: Links): Promise<Link> {
  const known = links.get(path)
  if (known !== undefined) return known
  const link = await readlink(path).then(
    (to): Link => ({ to }),
    (error: unknown): Link => (isAbsent(error) ? 'absent' : 'other'),
  )
  links.set(path, link)
  return link
}
