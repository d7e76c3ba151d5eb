// Builds kept on disk, so that a start with nothing changed needs no compiler. An entry counts only
// if it is whole (its hash), made by this very program (its stamp) and every file that went into it
// still has the same bytes. Whatever is wrong with the cache, the worst is a slower start.
//
//   <SHA-256 of the rest> \n <entry as one line of JSON> \n <snapshot>
import { hash, randomUUID } from 'node:crypto'
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { SourceFile } from '../base.ts'
import { inSharedMemory } from '../snapshot.ts'
import type { Built, BuildOptions } from './build-types.ts'

const entriesMax = 32
const entryBytesMax = 256 * 1024 * 1024
const staleTempMs = 3_600_000
// File times are coarse: a change this short before a build may carry a time before its start.
const timeGrainMs = 100

type Entry = Omit<Built, 'snapshot'>

/** The user's cache folder; undefined where the environment names none. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env['CONCORDAT_CACHE'] === 'off') return undefined
  const base = env['XDG_CACHE_HOME'] || env['LOCALAPPDATA'] || under(env['HOME'], '.cache')
  return under(base, 'concordat')
}

const under = (folder: string | undefined, name: string): string | undefined =>
  folder ? join(folder, name) : undefined

/** The build of these options, if it is there and nothing has changed since. */
export async function cachedBuild(
  folder: string,
  options: BuildOptions,
): Promise<Built | undefined> {
  try {
    if (!(await isOurs(folder))) return undefined
    return await readEntry(join(folder, entryName(options, await programStamp())))
  } catch {
    return undefined
  }
}

/** Keeps a build that began at `startedEpochMs`; says nothing where that is not possible. */
export async function keepBuild(
  folder: string,
  options: BuildOptions,
  built: Built,
  startedEpochMs: number,
): Promise<void> {
  try {
    const { snapshot, ...entry } = built
    if (snapshot === undefined || snapshot.length > entryBytesMax) return
    // A key belongs where its owner has put it: its copy would outlive its end, and be backed up.
    if (built.holdsKey === true) return
    const program = await programStamp()
    if (program.changedMs >= startedEpochMs - timeGrainMs) return
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (!(await isOurs(folder))) return
    const bytes = entryBytes(entry, snapshot)
    await writeWhole(folder, entryName(options, program), bytes)
    await dropOldest(folder)
  } catch {
    // A full or read-only disk: the next start compiles again.
  }
}

/** A folder that others may write to, or a link of theirs, could hand us a snapshot of theirs. */
async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder)
  if (!found.isDirectory() || process.getuid === undefined) return found.isDirectory()
  return found.uid === process.getuid() && (found.mode & 0o022) === 0
}

function entryName(options: BuildOptions, { text }: ProgramStamp): string {
  const key = JSON.stringify({ options, cwd: process.cwd(), program: text })
  return `${hash('sha256', key)}.build`
}

interface ProgramStamp {
  readonly text: string
  /** When a file of the program last changed. */
  readonly changedMs: number
}

/** Changes whenever a file of the program does: run from source, it has no version of its own. */
async function programStamp(): Promise<ProgramStamp> {
  const source = dirname(import.meta.dirname)
  const names = await readdir(source, { recursive: true })
  const paths = names.filter((name) => /(?<!\.test)\.[jt]s$/.test(name)).sort()
  const stats = await Promise.all(
    [...paths, '../package.json'].map(async (name) => ({
      name,
      ...(await stat(join(source, name))),
    })),
  )
  const lines = stats.map(({ name, size, mtimeMs }) => `${name} ${size} ${mtimeMs}`)
  return {
    text: hash('sha256', [source, process.version, ...lines].join('\n')),
    changedMs: Math.max(...stats.map(({ mtimeMs, ctimeMs }) => Math.max(mtimeMs, ctimeMs))),
  }
}

async function readEntry(path: string): Promise<Built | undefined> {
  const bytes = await readFile(path)
  const headEnd = bytes.indexOf(10)
  if (bytes.toString('latin1', 0, headEnd) !== hash('sha256', bytes.subarray(headEnd + 1))) {
    return undefined
  }
  const entryEnd = bytes.indexOf(10, headEnd + 1)
  const entry = JSON.parse(bytes.toString('utf8', headEnd + 1, entryEnd)) as Entry
  const fresh = await Promise.all(entry.files.map(isUnchanged))
  if (fresh.includes(false)) return undefined
  return { ...entry, snapshot: inSharedMemory(bytes.subarray(entryEnd + 1)) }
}

async function isUnchanged({ path, content }: SourceFile): Promise<boolean> {
  return hash('sha256', await readFile(path)) === content
}

function entryBytes(entry: Entry, snapshot: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(entry)}\n`), snapshot])
  return Buffer.concat([Buffer.from(`${hash('sha256', rest)}\n`), rest])
}

/** Whole or not at all: others may be reading, and others may be writing the same. */
async function writeWhole(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const temp = join(folder, `${name}.${randomUUID()}.tmp`)
  try {
    const file = await open(temp, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    await rename(temp, join(folder, name))
  } catch (error) {
    await rm(temp, { force: true })
    throw error
  }
}

async function dropOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /\.(build|tmp)$/.test(name))
  const aged = await Promise.all(
    names.map(async (name) => ({ name, atMs: (await stat(join(folder, name))).mtimeMs })),
  )
  const builds = aged.filter(({ name }) => name.endsWith('.build'))
  const old = builds.toSorted((a, b) => b.atMs - a.atMs).slice(entriesMax)
  const stale = aged.filter(
    ({ name, atMs }) => name.endsWith('.tmp') && Date.now() - atMs > staleTempMs,
  )
  for (const { name } of [...old, ...stale]) await rm(join(folder, name), { force: true })
}
