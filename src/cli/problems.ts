// Problems as people and machines read them: `file:line:column severity message`, worst last where
// the eye is, paths relative to where the command was given.
import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Place, placeText, type Problem } from '../base.ts'
import { counted, type Paint, type Tint } from './style.ts'

const tints: Record<Problem['severity'], Tint> = { error: 'red', warning: 'yellow', note: 'cyan' }
const severities = ['error', 'warning', 'note'] as const

export function problemLines(problems: readonly Problem[], cwd: string, paint: Paint): string {
  return problems
    .map(({ severity, message, place }) => {
      const where = paint('bold', whereText(shortPlace(place, cwd)))
      return `${where} ${paint(tints[severity], severity)} ${message}\n`
    })
    .join('')
}

/** `2 errors, 1 warning`; undefined where there is nothing to count. */
export function problemCounts(problems: readonly Problem[]): string | undefined {
  const counts = severities
    .map(
      (severity) => [problems.filter((one) => one.severity === severity).length, severity] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, severity]) => counted(count, severity))
  return counts.length === 0 ? undefined : counts.join(', ')
}

export function problemJson({ severity, message, place }: Problem, cwd: string): object {
  return { severity, message, ...shortPlace(place, cwd) }
}

export const hasErrors = (problems: readonly Problem[]): boolean =>
  problems.some((one) => one.severity === 'error')

/** A place as it is shown: relative to where the command was given. */
export const placeShown = (place: Place, cwd: string): string => whereText(shortPlace(place, cwd))

/** What was given on the command line stands on no line. */
const whereText = (place: Place): string => (place.line === 0 ? place.file : placeText(place))

function shortPlace(place: Place, cwd: string): Place {
  const file = place.file.startsWith('file:') ? fileURLToPath(place.file) : place.file
  if (!isAbsolute(file)) return { ...place, file }
  const short = relative(cwd, file)
  return { ...place, file: short === '' || short.startsWith('..') ? file : short }
}
