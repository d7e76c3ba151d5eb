// What is thrown where what was written is refused: every problem with its place, as `check` says it.
import { placeText, type Problem } from '../base.ts'

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  /** Errors and what was noticed beside them; at least one is an error. */
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(['the configuration is refused', ...problems.map(lineOf)].join('\n'))
    this.problems = problems
  }
}

const lineOf = ({ severity, message, place }: Problem): string =>
  `  ${placeText(place)} ${severity} ${message}`
