// What `Connection` says (RFC 9110 §7.6.1): whether the connection stays, and which fields end here.
import { nominationProblem, tokenForm } from '../http.ts'
import { broken, type Broken, type Section } from './fields.ts'

/** Whether the sender of `Connection` lets the connection stay open; its options in lower case. */
export function keepsAlive(connection: string | undefined, version: '1.0' | '1.1'): boolean {
  if (connection === undefined) return version === '1.1'
  if (connection === 'keep-alive') return true
  if (connection === 'close') return false
  const options = connection.split(',').map((option) => option.trim())
  if (options.includes('close')) return false
  return version === '1.1' || options.includes('keep-alive')
}

/** The one protocol that a message offers to go on with, in lower case; of several none is taken. */
export function upgradeOf({ upgrade, connection }: Section): string | undefined {
  if (upgrade === undefined || connection === undefined) return undefined
  const isMeant = connection.split(',').some((option) => option.trim() === 'upgrade')
  return isMeant && tokenForm.test(upgrade) ? upgrade.toLowerCase() : undefined
}

const ownOptions = new Set(['', 'close', 'keep-alive', 'te', 'upgrade', 'http2-settings'])

/**
 * Takes the fields out of a section that its `Connection` nominates, lines and fields alike: no
 * policy may count on what the next hop does not see. Fields that must go on cannot be nominated.
 */
export function dropNominated(section: Section): Broken | undefined {
  const { connection } = section
  if (connection === undefined || ownOptions.has(connection)) return undefined
  const nominated = connection
    .split(',')
    .map((option) => option.trim())
    .filter((option) => !ownOptions.has(option))
  if (nominated.length === 0) return undefined
  const problem = nominationProblem(nominated)
  if (problem !== undefined) return broken(problem)
  section.headers = withoutFields(section.headers, nominated)
  section.forwardable = withoutLines(section.forwardable, nominated)
  return undefined
}

const withoutFields = (headers: readonly string[], lowerNames: readonly string[]): string[] =>
  headers.filter((_, i) => !lowerNames.includes(headers[i - (i % 2)]!.toLowerCase()))

function withoutLines(lines: string, lowerNames: readonly string[]): string {
  return lines
    .split('\r\n')
    .filter((line) => line !== '' && !lowerNames.includes(lineName(line)))
    .map((line) => `${line}\r\n`)
    .join('')
}

const lineName = (line: string): string => line.slice(0, line.indexOf(':')).toLowerCase()

/** Takes one field out of a section. */
export function dropField(section: Section, lowerName: string): void {
  section.headers = withoutFields(section.headers, [lowerName])
  section.forwardable = withoutLines(section.forwardable, [lowerName])
}
