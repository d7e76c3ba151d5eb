// Who looks at a body as it streams, and under which name.
import type { BodyWatch, Exchange } from '../http.ts'
import type { LinkedWatch } from './snapshot.ts'

export interface Watching {
  readonly policy: string
  readonly watch: BodyWatch
}

export const noWatches: readonly Watching[] = Object.freeze([])

export function beginWatches(all: readonly LinkedWatch[], exchange: Exchange): readonly Watching[] {
  if (all.length === 0) return noWatches
  return all.flatMap(({ policy, watch }) => {
    const begun = watch(exchange)
    return begun === undefined ? [] : { policy, watch: begun }
  })
}
