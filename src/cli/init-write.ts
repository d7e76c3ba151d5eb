// Puts drafts on the disk: all of them or none. They are written beside their places, built there
// as `check` would build them, and only then moved; whatever stops it leaves nothing behind.
import { randomUUID } from 'node:crypto'
import { constants, copyFile, link, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Problem } from '../base.ts'
import { buildSnapshot } from '../control.ts'

export interface Draft {
  /** Absolute. */
  readonly path: string
  readonly text: string
  /** Whether one that is there may be replaced. */
  readonly mayReplace: boolean
}

export interface Drafts {
  readonly config: Draft
  /** Undefined where there is one already. */
  readonly contract: Draft | undefined
  readonly contractPath: string
  /** Asked right before something is moved into its place. */
  readonly isStopped: () => boolean
}

export type Written =
  | { readonly at: 'written' }
  | { readonly at: 'stopped' }
  /** Somebody was quicker. */
  | { readonly at: 'taken'; readonly path: string }
  | { readonly at: 'refused'; readonly problems: readonly Problem[] }

export async function writeDrafts(drafts: Drafts): Promise<Written> {
  const all = [drafts.contract, drafts.config].filter((one) => one !== undefined)
  const beside = new Map(all.map((one) => [one, besideOf(one.path)]))
  try {
    for (const [{ text }, path] of beside) await writeFile(path, text, { flag: 'wx' })
    const problems = await problemsOf(drafts, beside)
    if (problems.length > 0) return { at: 'refused', problems }
    if (drafts.isStopped()) return { at: 'stopped' }
    return await moveAll(all, beside)
  } finally {
    for (const path of beside.values()) await rm(path, { force: true })
  }
}

const besideOf = (path: string): string =>
  join(dirname(path), `.${randomUUID().slice(0, 8)}.${basename(path)}`)

/** What `check` would say, with the names that the files will have. */
async function problemsOf(drafts: Drafts, beside: ReadonlyMap<Draft, string>): Promise<Problem[]> {
  const { config, contract, contractPath } = drafts
  const { problems } = await buildSnapshot({
    contractFile: contract === undefined ? contractPath : beside.get(contract)!,
    configFile: beside.get(config)!,
    to: [],
  })
  const names = new Map([...beside].map(([{ path }, written]) => [written, path]))
  return problems
    .filter(({ severity }) => severity === 'error')
    .map((one) => {
      const file = names.get(one.place.file) ?? one.place.file
      return { ...one, place: { ...one.place, file } }
    })
}

/** A link is made only where nothing is, and a rename replaces at once: neither leaves a half. */
async function moveAll(
  all: readonly Draft[],
  beside: ReadonlyMap<Draft, string>,
): Promise<Written> {
  const made: string[] = []
  for (const one of all) {
    const { path, mayReplace } = one
    try {
      if (mayReplace) await rename(beside.get(one)!, path)
      else await placeNew(beside.get(one)!, path)
      if (!mayReplace) made.push(path)
    } catch (error) {
      for (const known of made) await rm(known, { force: true })
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return { at: 'taken', path }
      throw error
    }
  }
  return { at: 'written' }
}

async function placeNew(from: string, path: string): Promise<void> {
  try {
    await link(from, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // Some disks know no links. A copy that fails halfway is taken away again.
    await copyFile(from, path, constants.COPYFILE_EXCL)
  }
}
