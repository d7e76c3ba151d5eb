// Which certificate a name is served with, by the rules of the listeners on TCP: the one for the
// name itself, else the one for all names beside it, else the first.
interface Named {
  readonly names: readonly string[]
}

/** The index of one of them; there is at least one. */
export function certificateFor(name: string | undefined, certificates: readonly Named[]): number {
  if (name === undefined) return 0
  const exact = certificates.findIndex(({ names }) => names.includes(name))
  if (exact >= 0) return exact
  const wild = `*${name.slice(name.indexOf('.'))}`
  return Math.max(
    0,
    certificates.findIndex(({ names }) => names.includes(wild)),
  )
}
