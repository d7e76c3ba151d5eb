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

export function errorAt(place: Place, message: string): Problem {
  return { severity: 'error', message, place }
}
