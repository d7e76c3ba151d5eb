// The rules about what is written: opening comments, sizes, one word per idea, nothing left over.
import { isTest, lineAt, type Rule, scriptsOf, type Tree, type Violation } from './tree.ts'

const linesWanted = 400
const linesMax = 600

/** One word per idea: what is not said here, and the word that is. */
const glossary: readonly [notSaid: RegExp, said: string][] = [
  [/\bmiddlewares?\b/i, 'policy or step'],
  [/\bplug-?ins?\b/i, 'policy'],
  [/\bback-?ends?\b/i, 'upstream'],
  [/\bthrottl(?:e[ds]?|ing)\b/i, 'limit'],
  [/\bblacklist\w*\b/i, 'deny list'],
  [/\bwhitelist\w*\b/i, 'allow list'],
  [/\bsub-?requests?\b/i, 'exchange'],
  [/\bhot[ -]?reload\w*\b/i, 'swap'],
]

/** Files that speak with other programs in those programs' own words. */
const foreign: ReadonlyMap<string, RegExp> = new Map([
  ['src/control/bundle.ts', /^plugins?$/i],
  ['spec/forward-auth.md', /^middlewares$/],
])

/** File names that say nothing of what is inside. */
const emptyNames = /(?:^|\/)(?:utils?|helpers?|common|misc|shared|lib|index)\.ts$/

const leftOver = /\b(?:TODO|FIXME|XXX|HACK)\b/
const onlySome = /\b(?:test|it|describe|suite)\.only\(/
const oneMachine = /(?<=^|['"`\s(])\/(?:home|root|Users|work)\/\w/
const fixturesElsewhere = /\.\.\/shared\b/

/** Of a test beside its subject the name says enough. */
export const openingRule: Rule = (tree) =>
  scriptsOf(tree).flatMap(([file, text]) => {
    if (isTest(file) && tree.has(file.replace('.test.ts', '.ts'))) return []
    const body = text.replace(/^#!.*\n/, '')
    if (body.startsWith('//') || body.startsWith('/*')) return []
    return [error('opening', file, 1, 'a file opens with a comment on what it is for')]
  })

export const sizeRule: Rule = (tree) =>
  scriptsOf(tree).flatMap(([file, text]) => {
    const lines = text.split('\n').length - 1
    if (lines <= linesWanted) return []
    const severity = lines > linesMax ? 'error' : 'warning'
    const message = `${lines} lines: ${linesWanted} are wanted, ${linesMax} the most`
    return [{ rule: 'size', file, line: 0, message, severity }]
  })

export const glossaryRule: Rule = (tree) => {
  const names = [...tree.keys()]
    .filter((file) => emptyNames.test(file))
    .map((file) => error('glossary', file, 0, 'the name says nothing: name the subject'))
  const words = proseOf(tree).flatMap(([file, text]) =>
    glossary.flatMap(([notSaid, said]) =>
      matchesIn(text, notSaid)
        .filter(({ match }) => foreign.get(file)?.test(match) !== true)
        .map(({ line, match }) =>
          error('glossary', file, line, `'${match}': the word here is ${said}`),
        ),
    ),
  )
  return [...names, ...words]
}

export const leftoversRule: Rule = (tree) =>
  proseOf(tree).flatMap(([file, text]) => [
    ...report(file, text, 'leftovers', leftOver, 'do it or drop it'),
    ...(isTest(file) ? report(file, text, 'leftovers', onlySome, 'runs a part of the tests') : []),
  ])

/** Nothing tells of one machine, and outside test data is found in one place. */
export const placesRule: Rule = (tree) =>
  proseOf(tree).flatMap(([file, text]) => [
    ...report(file, text, 'places', oneMachine, 'a path of one machine'),
    ...(file === 'test/fixtures.ts'
      ? []
      : report(file, text, 'places', fixturesElsewhere, 'only test/fixtures.ts knows the folder')),
  ])

/** A lock file that names one registry fails behind any other. */
export const lockRule: Rule = (tree) =>
  report(
    'package-lock.json',
    tree.get('package-lock.json') ?? '',
    'lock',
    /"resolved":/,
    'make it with .npmrc in place (omit-lockfile-registry-resolved)',
  )

/** All that people read, but for these rules and their test, which have to name what they ban. */
function proseOf(tree: Tree): [file: string, text: string][] {
  return [...tree].filter(([file]) => /\.(?:ts|md)$/.test(file) && !file.startsWith('test/tidy'))
}

function report(
  file: string,
  text: string,
  rule: string,
  pattern: RegExp,
  message: string,
): Violation[] {
  return matchesIn(text, pattern).map(({ line, match }) =>
    error(rule, file, line, `'${match}': ${message}`),
  )
}

function matchesIn(text: string, pattern: RegExp): { line: number; match: string }[] {
  const everywhere = new RegExp(pattern.source, `${pattern.flags}gm`)
  return [...text.matchAll(everywhere)].map((found) => ({
    line: lineAt(text, found.index),
    match: found[0],
  }))
}

function error(rule: string, file: string, line: number, message: string): Violation {
  return { rule, file, line, message, severity: 'error' }
}
