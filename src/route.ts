// route: which operation a request means.

/** Serialisable: one way to reach an operation. */
export interface RoutePlan {
  /** Upper case. */
  readonly method: string
  /** Full template, base path included: `/v1/users/{id}`. */
  readonly template: string
  /** Index of the operation; several routes may share one. */
  readonly operation: number
  /** Lenient forms of the path that the operation opts in to. */
  readonly allow: readonly PathForm[]
}

export type PathForm =
  | 'encodedSlash'
  | 'encodedBackslash'
  | 'encodedDot'
  | 'emptySegments'
  | 'trailingSlash'
