// Reads a contract and every file that it refers to, and nothing else: no network, no file outside
// the contract's folder unless allowed, symbolic links followed before that is judged. Each file
// stays a document of its own, so that every message can name the line that somebody wrote.
import { hash } from 'node:crypto'
import { open, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type Documents,
  type Place,
  type Problem,
  type SourceFile,
  unreadContent,
} from '../base.ts'
import {
  demandFile,
  failureText,
  isWithin,
  missedContent,
  openFlags,
  outsideText,
} from './access.ts'
import { Budget, overlayBounds } from './budget.ts'
import { extendsProblems, type LaidOver, laidOver, withOverlays } from './overlay-files.ts'
import { findReferences } from './references.ts'
import { isDescriptorSet } from './source-kind.ts'
import { type Located, parseLocated, utf8Text } from './text.ts'

export interface LoadOptions {
  /** Where somebody wrote the name of the first file; it is itself where nobody did. */
  readonly namedAt?: Place | undefined
  /** Folders (or files) that references may lead to beside the contract's own folder. */
  readonly allowRef?: readonly string[]
  /** Overlays to apply before anything is followed, in order. They may lie anywhere. */
  readonly overlays?: readonly OverlayFile[] | undefined
  /** All files together. */
  readonly bytesMax?: number
  readonly filesMax?: number
}

export interface OverlayFile {
  readonly file: string
  /** Where somebody wrote its name. */
  readonly namedAt?: Place | undefined
}

export interface Loaded {
  /** Holds every document that could be read, also where there are problems. */
  readonly documents: Documents
  readonly problems: readonly Problem[]
  /** The files read or missed, in order: to watch, and for cache keys. */
  readonly files: readonly SourceFile[]
}

const defaults = { bytesMax: 64 * 1024 * 1024, filesMax: 1_000 }

interface Loading {
  readonly located: Map<string, Located>
  readonly problems: Problem[]
  readonly files: SourceFile[]
  readonly ids: Set<string>
  /** Real paths of the folders that may be read from. */
  readonly folders: string[]
  readonly overlays: LaidOver[]
  /** Of all overlays together. */
  readonly budget: Budget
  readonly filesMax: number
  bytesLeft: number
}

export async function loadDocuments(rootFile: string, options: LoadOptions = {}): Promise<Loaded> {
  const path = resolve(rootFile)
  const loading: Loading = {
    located: new Map(),
    problems: [],
    files: [],
    ids: new Set(),
    folders: await realFolders([dirname(path), ...(options.allowRef ?? [])]),
    overlays: [],
    budget: new Budget(),
    filesMax: options.filesMax ?? defaults.filesMax,
    bytesLeft: options.bytesMax ?? defaults.bytesMax,
  }
  const root = pathToFileURL(path).href
  for (const one of options.overlays ?? []) await loadOverlay(loading, one, root)
  await loadFile(loading, root, options.namedAt ?? { file: path, line: 1, column: 1 }, true)
  const contract = loading.located.get(root)?.value
  loading.problems.push(...extendsProblems(loading.overlays, root, contract))
  return { documents: documentsOf(root, loading), problems: loading.problems, files: loading.files }
}

function documentsOf(root: string, { located }: Loading): Documents {
  const values = new Map<string, unknown>()
  for (const [uri, { value }] of located) if (value !== undefined) values.set(uri, value)
  return {
    root,
    values,
    locate: (uri, pointer) =>
      located.get(uri)?.locate(pointer) ?? { file: pathOf(uri), line: 1, column: 1 },
  }
}

const pathOf = (uri: string): string => (uri.startsWith('file:') ? fileURLToPath(uri) : uri)

async function realFolders(paths: readonly string[]): Promise<string[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)))
  return real.filter((path) => path !== undefined)
}

async function loadOverlay(loading: Loading, { file, namedAt }: OverlayFile, root: string) {
  const path = resolve(file)
  const from = namedAt ?? { file: path, line: 1, column: 1 }
  if (loading.overlays.length >= overlayBounds.filesMax) {
    return report(loading, from, `there are more than ${overlayBounds.filesMax} overlays`)
  }
  const bytes = await bytesOf(loading, path, true)
  const text = 'problem' in bytes ? bytes : textOf(bytes.are, path)
  if ('problem' in text) return report(loading, from, text.problem)
  const { laid, problems } = laidOver(parseLocated(text.is, path), path, root)
  loading.problems.push(...problems)
  if (laid !== undefined) loading.overlays.push(laid)
}

/** Reads one file and all that it refers to. `from` is where somebody asked for it. */
async function loadFile(loading: Loading, uri: string, from: Place, isRoot: boolean) {
  if (loading.located.size >= loading.filesMax) {
    return report(loading, from, `the contract spreads over more than ${loading.filesMax} files`)
  }
  const path = fileURLToPath(uri)
  const bytes = await bytesOf(loading, path, isRoot)
  if ('problem' in bytes) return report(loading, from, bytes.problem)
  const parsed = await parsedOf(bytes.are, path, isRoot)
  if ('problem' in parsed) return report(loading, from, parsed.problem)
  const located = withOverlays(loading.overlays, uri, parsed, loading.budget)
  loading.located.set(uri, located)
  loading.problems.push(...located.problems)
  if (located.problems.length === 0) await followReferences(loading, uri, located)
}

async function followReferences(loading: Loading, uri: string, located: Located) {
  const { references, ids } = findReferences(located.value, uri)
  for (const id of ids) loading.ids.add(id)
  for (const reference of references) {
    const { targets, text } = reference
    if (targets.some((one) => loading.located.has(one) || loading.ids.has(one))) continue
    const target = targets.find((one) => one.startsWith('file:')) ?? targets[0]
    const place = located.locate(reference.pointer)
    const refusal = refusalOf(text, target)
    if (refusal !== undefined) report(loading, place, refusal)
    else await loadFile(loading, target!, place, false)
  }
}

function refusalOf(text: string, target: string | undefined): string | undefined {
  if (target === undefined) return `"${text}" is no URI reference`
  const { protocol, host } = new URL(target)
  if (protocol !== 'file:') {
    return `"${text}" lies elsewhere, and nothing is fetched: put the document beside the contract`
  }
  if (host !== '') return `"${text}" names the host "${host}": only local files are read`
  return /%2f|%5c|%00/i.test(target) ? `"${text}" escapes a separator or NUL` : undefined
}

type Bytes = { are: Uint8Array } | { problem: string }

async function bytesOf(loading: Loading, path: string, isRoot: boolean): Promise<Bytes> {
  const real = await realpath(path).catch((error: unknown) => error as NodeJS.ErrnoException)
  if (typeof real !== 'string') return missed(loading, path, real)
  if (!isRoot && !isWithin(real, loading.folders)) return { problem: outsideText(path) }
  const bytes = await readBounded(real, loading.bytesLeft).catch(
    (error: unknown) => error as NodeJS.ErrnoException,
  )
  if (bytes instanceof Error) return missed(loading, path, bytes)
  const content = bytes === undefined ? unreadContent : hash('sha256', bytes)
  loading.files.push({ path, content })
  if (bytes === undefined) return { problem: `${path} makes the contract too large to load` }
  loading.bytesLeft -= bytes.length
  return { are: bytes }
}

type Parsed = Located | { problem: string }

/** Only the contract itself may be a descriptor set; what reads them is loaded for one alone. */
async function parsedOf(bytes: Uint8Array, path: string, isRoot: boolean): Promise<Parsed> {
  if (isRoot && isDescriptorSet(path, bytes)) {
    const { parseDescriptorSet } = await import('./descriptor-set.ts')
    return parseDescriptorSet(bytes, path)
  }
  if (isRoot && path.endsWith('.proto')) return { problem: sourceText(path) }
  const text = textOf(bytes, path)
  return 'problem' in text ? text : parseLocated(text.is, path)
}

const sourceText = (path: string): string =>
  `${path} is what a descriptor set is made of: run 'protoc --include_imports --include_source_info -o api.binpb' on it, and serve that`

function textOf(bytes: Uint8Array, path: string): { is: string } | { problem: string } {
  const text = utf8Text(bytes)
  return text === undefined ? { problem: `${path} is not UTF-8 text` } : { is: text }
}

function missed(loading: Loading, path: string, error: NodeJS.ErrnoException): Bytes {
  loading.files.push({ path, content: missedContent(error) })
  return { problem: failureText(path, error) }
}

/** The file's bytes, or undefined where they are more than `bytesMax`. */
async function readBounded(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const file = await open(path, openFlags)
  try {
    const stat = await file.stat()
    demandFile(stat)
    return stat.size > bytesMax ? undefined : await readWhole(file, bytesMax)
  } finally {
    await file.close()
  }
}

/** Reads to the end: the file may have grown since its size was asked. */
async function readWhole(file: FileHandle, bytesMax: number): Promise<Uint8Array | undefined> {
  const bytes = await file.readFile()
  return bytes.length > bytesMax ? undefined : bytes
}

function report(loading: Loading, place: Place, message: string) {
  loading.problems.push({ severity: 'error', message, place })
}
