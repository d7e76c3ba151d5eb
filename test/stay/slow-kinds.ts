// The ways of being slow, and what the process that plays them all is told and tells.
export const slowKinds = [
  /** One byte of a head at a time. */
  'head',
  /** Half a body, then nothing. */
  'silent-body',
  /** A body at a trickle. */
  'slow-body',
  /** Asks for much and reads nothing. */
  'silent-reader',
  /** Asks for much and reads at a trickle. */
  'slow-reader',
] as const
export type SlowKind = (typeof slowKinds)[number]

export type Counts = Readonly<Partial<Record<SlowKind, number>>>

/** Told by the parent, once for each wave of them. */
export interface Wave {
  readonly port: number
  readonly counts: Counts
  /** Over which they come, one after the other. */
  readonly arrivalMs: number
}

/** How those of one kind were cut. */
export interface Cuts {
  readonly count: number
  /** From its beginning, the first. */
  readonly soonestMs: number
  /** From when it last moved, the last: to readers the kernel may go on moving for a while. */
  readonly latestMs: number
}

/** Told to the parent, ten times a second: first the port of the service, then this. */
export interface Standing {
  readonly cuts: Readonly<Record<SlowKind, Cuts>>
  readonly opened: number
  /** To readers: the kernel takes megabytes for each before it is felt that nobody reads. */
  readonly pouredBytes: number
  /** What came to an end that it should not have: a whole reply, a refusal that is none. */
  readonly strange: Readonly<Record<string, number>>
}

export const noCuts: Standing['cuts'] = {
  head: none(),
  'silent-body': none(),
  'slow-body': none(),
  'silent-reader': none(),
  'slow-reader': none(),
}

function none(): Cuts {
  return { count: 0, soonestMs: Infinity, latestMs: 0 }
}
