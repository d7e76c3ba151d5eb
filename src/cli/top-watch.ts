// What `top` has seen so far: each look at the gateway leads from one scene to the next.
import { type Figures, figuresOf } from './top-figures.ts'
import type { Scrape } from './top-scrape.ts'
import type { Failed, Look, Readiness } from './top-source.ts'
import { type TrendPoint, trendWith } from './top-trend.ts'

/** How the gateway was found at the last look. */
export type Condition =
  | { readonly at: 'ready' }
  /** It answers but serves nobody: starting, draining, or ill. */
  | { readonly at: 'unready'; readonly reason: string }
  | { readonly at: 'gone'; readonly reason: string }

export interface Scene {
  readonly condition: Condition
  /** Of the last look that succeeded, like all that follows. */
  readonly readiness: Readiness | undefined
  readonly figures: Figures | undefined
  readonly scrape: Scrape | undefined
  readonly trend: readonly TrendPoint[]
}

export const unseen: Scene = {
  condition: { at: 'unready', reason: 'asking' },
  readiness: undefined,
  figures: undefined,
  scrape: undefined,
  trend: [],
}

export function sceneAfter(scene: Scene, looked: Look | Failed): Scene {
  if ('failed' in looked) return { ...scene, condition: { at: 'gone', reason: looked.failed } }
  const { readiness, scrape } = looked
  const figures = figuresOf(scrape, scene.scrape)
  return {
    condition: conditionOf(readiness),
    readiness,
    figures,
    scrape,
    trend: trendWith(scene.trend, scrape.atMs, figures),
  }
}

function conditionOf({ ready, state }: Readiness): Condition {
  return ready ? { at: 'ready' } : { at: 'unready', reason: state }
}
