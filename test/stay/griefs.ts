// The ways in which a worker comes to grief, and what passes between it and the test.
export const griefChannel = 'stay-grief'

export const griefs = ['exit', 'throw', 'loop', 'memory'] as const
export type Grief = (typeof griefs)[number]

/** Told by the test to one thread. */
export interface GriefOrder {
  readonly thread: number
  readonly grief: Grief
}

/** Told by a worker: it serves from now on, or has taken a connection from that port. */
export type GriefReport =
  | { readonly thread: number; readonly serves: true }
  | { readonly thread: number; readonly port: number }
