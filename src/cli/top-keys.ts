// What the keys of `top` do to its view.
import { type Sort, sorts } from './top-sorts.ts'
import type { Scene } from './top-watch.ts'

export interface TopView {
  readonly sort: Sort
  /** The first operation shown. */
  readonly from: number
  /** What is shown while it is paused. */
  readonly frozen: Scene | undefined
}

const steps: Readonly<Record<string, (page: number) => number>> = {
  j: () => 1,
  '\u001B[B': () => 1,
  '\u001BOB': () => 1,
  k: () => -1,
  '\u001B[A': () => -1,
  '\u001BOA': () => -1,
  '\u001B[6~': (page) => page,
  '\u001B[5~': (page) => -page,
  g: () => -Infinity,
  '\u001B[H': () => -Infinity,
  G: () => Infinity,
  '\u001B[F': () => Infinity,
}

/** `page` is how many operations are shown at once. */
export function topKey(key: string, view: TopView, scene: Scene, page: number): TopView | 'quit' {
  if (key === 'q' || key === '\u0003') return 'quit'
  if (key === 'p') return { ...view, frozen: view.frozen === undefined ? scene : undefined }
  if (key === 's') return { ...view, sort: sorts[(sorts.indexOf(view.sort) + 1) % sorts.length]! }
  const step = Object.hasOwn(steps, key) ? steps[key]!(page) : 0
  const { figures } = view.frozen ?? scene
  const last = Math.max(0, (figures?.traffic?.operations.length ?? 0) - page)
  return { ...view, from: Math.max(0, Math.min(last, view.from + step)) }
}
