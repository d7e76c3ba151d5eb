// Which document each overlay changes. An overlay is for the contract's first document unless its
// `extends` leads to another file of the contract.
import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Problem } from '../base.ts'
import type { Budget } from './budget.ts'
import { isContainer } from './merged.ts'
import { type Overlay, readOverlay } from './overlay.ts'
import { overlaid } from './overlay-apply.ts'
import type { Located } from './text.ts'

export interface LaidOver {
  readonly overlay: Overlay
  /** Absolute URI of the document that it changes. */
  readonly target: string
  /** What it is meant for, where that lies elsewhere and may be the contract or not. */
  readonly elsewhere: URL | undefined
  isApplied: boolean
}

/** An overlay that was read from a file, for the contract whose first document is `root`. */
export function laidOver(
  located: Located,
  file: string,
  root: string,
): { laid: LaidOver | undefined; problems: readonly Problem[] } {
  if (located.problems.length > 0) return { laid: undefined, problems: located.problems }
  const { overlay, problems } = readOverlay(located)
  if (overlay === undefined) return { laid: undefined, problems }
  const meant = URL.parse(overlay.extends ?? root, pathToFileURL(file).href)
  if (meant === null) {
    const message = '`extends` is no URI reference'
    return { laid: undefined, problems: [{ ...ofExtends(overlay), message }] }
  }
  meant.hash = ''
  const isFile = meant.protocol === 'file:'
  const target = isFile ? meant.href : root
  return {
    laid: { overlay, target, elsewhere: isFile ? undefined : meant, isApplied: false },
    problems,
  }
}

/** The document with the overlays that are for it. */
export function withOverlays(
  laid: readonly LaidOver[],
  uri: string,
  located: Located,
  budget: Budget,
): Located {
  const own = laid.filter(({ target }) => target === uri)
  for (const one of own) one.isApplied = true
  // What is no object is no contract either, and said to be none.
  if (own.length === 0 || !isContainer(located.value)) return located
  return overlaid(
    located,
    own.map(({ overlay }) => overlay),
    budget,
  )
}

/** What is said of `extends` when all documents are known. */
export function extendsProblems(
  laid: readonly LaidOver[],
  root: string,
  contract: unknown,
): Problem[] {
  return laid.flatMap(({ overlay, isApplied, elsewhere }): Problem[] => {
    if (!isApplied) {
      const message = '`extends` leads to no document of this contract: nothing here is applied'
      return [{ ...ofExtends(overlay), message }]
    }
    if (elsewhere === undefined || isCopyOf(elsewhere, root, contract)) return []
    const message = `this is meant for ${elsewhere.href}, and is applied to ${basename(root)}`
    return [{ ...ofExtends(overlay), severity: 'warning', message }]
  })
}

/** By the address that the contract gives itself, or by the name of its file. */
function isCopyOf(elsewhere: URL, root: string, contract: unknown): boolean {
  const self = (contract as { readonly $self?: unknown } | null | undefined)?.$self
  return self === elsewhere.href || basename(elsewhere.pathname) === basename(root)
}

const ofExtends = ({ locate }: Overlay): Omit<Problem, 'message'> => ({
  severity: 'error',
  place: locate('/extends'),
})
