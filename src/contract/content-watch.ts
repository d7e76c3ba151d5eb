// How a body is judged as it streams by, whatever its media type.
import type { Detail } from '../base.ts'
import type { Piece } from '../http.ts'

/** What is said once is the last that is asked. */
export interface ContentWatch {
  /** Before the piece is passed on. */
  piece(piece: Piece): readonly Detail[] | undefined
  end(): readonly Detail[] | undefined
  /** What it keeps of the body at the moment. */
  readonly heldBytes: number
}
