// What the control plane says of one route, and what the router answers for one request.
import type { Refusal } from '../base.ts'

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
  /** Names of path parameters in style `matrix`: their values alone may hold a `;`. */
  readonly matrix?: readonly string[]
  /** Names of path parameters in style `label`: their values alone may begin a segment with `.`. */
  readonly label?: readonly string[]
}

export type PathForm =
  | 'encodedSlash'
  | 'encodedBackslash'
  | 'encodedDot'
  | 'emptySegments'
  | 'trailingSlash'

export type Match =
  | {
      readonly at: 'operation'
      /** `RoutePlan.operation`. */
      readonly operation: number
      /** The method as the contract declares it: `GET` where a HEAD follows its GET. */
      readonly method: string
      /** Captured values in template order, byte for byte as received (still escaped). */
      readonly values: readonly string[]
    }
  /** An OPTIONS that the contract does not declare itself: 204 with this `Allow`. */
  | { readonly at: 'options'; readonly allow: string }
  | { readonly at: 'refused'; readonly refusal: Refusal }

export interface Router {
  /** The operation that a request means. `path` is the target up to its `?`, as received. */
  find(method: string, path: string): Match
}

/** Two routes that no path could tell apart, by their places in the list. */
export interface Conflict {
  readonly first: number
  readonly second: number
  readonly why: string
}
