// Collects problems so that a person can read them: what is the same at many places is said once,
// at the first, with how often.
import { type Place, placeText, type Problem } from '../base.ts'

export interface ProblemList {
  readonly report: (problem: Problem) => void
  all(): Problem[]
  hasErrors(): boolean
}

export function problemList(): ProblemList {
  const found = new Map<string, { problem: Problem; places: Set<string> }>()
  return {
    report(problem) {
      const key = `${problem.severity} ${problem.message}`
      const known = found.get(key)
      if (known === undefined) {
        found.set(key, { problem, places: new Set([placeText(problem.place)]) })
      } else known.places.add(placeText(problem.place))
    },
    all: () => [...found.values()].map(({ problem, places }) => counted(problem, places.size)),
    hasErrors: () => [...found.values()].some(({ problem }) => problem.severity === 'error'),
  }
}

function counted(problem: Problem, places: number): Problem {
  if (places === 1) return problem
  return { ...problem, message: `${problem.message} (and at ${places - 1} more places)` }
}

const problemsMax = 1_000
const messageCharsMax = 1_000

/** What a person or a terminal can take: not all of ten thousand, nothing that steers a terminal. */
export function presentable(problems: readonly Problem[]): Problem[] {
  const left = problems.length - problemsMax
  const worstFirst = left > 0 ? problems.toSorted(bySeverity) : problems
  const shown = worstFirst.slice(0, problemsMax).map((problem) => ({
    ...problem,
    message: printable(problem.message.slice(0, messageCharsMax)),
    place: { ...problem.place, file: printable(problem.place.file) },
  }))
  if (left <= 0) return shown
  const { severity, place } = worstFirst[problemsMax]!
  return [...shown, { severity, place, message: `and ${left} more` }]
}

const ranks = { error: 0, warning: 1, note: 2 }

const bySeverity = (a: Problem, b: Problem): number => ranks[a.severity] - ranks[b.severity]

/** Control and format characters (right-to-left overrides among them) as their numbers. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`
  })
}

export function errorAt(place: Place, message: string): Problem {
  return { severity: 'error', message, place }
}
