// Which routes a path that found none may have meant.
import { nearestWord } from '../base.ts'
import type { OperationName } from '../snapshot.ts'

const shownMax = 3

/** `METHOD /template` of those that agree most, the best first. */
export function nearestTemplates(path: string, names: Iterable<OperationName>): string[] {
  const wanted = path.split('/')
  const best: { readonly score: number; readonly text: string }[] = []
  for (const { method, template } of names) {
    const score = likeness(wanted, template.split('/'))
    if (score <= 0) continue
    best.push({ score, text: `${method} ${template}` })
    if (best.length > shownMax) {
      best.sort((a, b) => b.score - a.score)
      best.length = shownMax
    }
  }
  return best.toSorted((a, b) => b.score - a.score).map(({ text }) => text)
}

/** From 0 to 1: the share of segments that agree; a parameter agrees with whatever is there. */
function likeness(wanted: readonly string[], template: readonly string[]): number {
  const most = Math.max(wanted.length, template.length)
  if (Math.abs(wanted.length - template.length) > 1) return 0
  let alike = 0
  let named = 0
  for (const [i, segment] of template.entries()) {
    if (segment === '') continue
    const given = wanted[i] ?? ''
    if (segment.startsWith('{')) alike += given === '' ? 0 : 0.9
    else if (segment === given) named += 1
    else if (nearestWord(given, [segment]) !== undefined) named += 0.8
  }
  // A path of parameters alone is like every other.
  return named === 0 ? 0 : (alike + named) / most
}
