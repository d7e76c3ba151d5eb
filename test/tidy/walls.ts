// The rules about who may import whom: floors, doors, purity, what a worker loads, cycles.
import {
  type Import,
  importsOf,
  isTest,
  roomOf,
  type Rule,
  scriptsOf,
  sourcesOf,
  type Tree,
  type Violation,
} from './tree.ts'

/** From the top down; rooms on one line are strangers. */
export const floors: readonly (readonly string[])[] = [
  ['concordat'],
  ['cli', 'embed', 'policy-test'],
  ['console', 'portal'],
  ['gateway', 'control'],
  ['engine'],
  ['snapshot', 'mock'],
  ['policy', 'identity', 'upstream', 'route', 'acme'],
  ['load', 'code', 'wire', 'contract', 'state', 'events', 'telemetry'],
  ['http', 'schema', 'x509'],
  ['base'],
]

/** Data in, data out: they run anywhere, so they import nothing of the platform and no package. */
const pureRooms = ['base', 'http', 'schema', 'contract', 'route', 'policy', 'snapshot', 'mock']

/** What a worker runs, and what must never be among what it loads. */
const workerEntries = ['src/gateway.ts', 'src/gateway/worker.ts']
const controlRooms = [
  'acme',
  'load',
  'mock',
  'control',
  'cli',
  'embed',
  'policy-test',
  'concordat',
  'console',
  'portal',
]
const controlPackages = [
  'zod',
  'yaml',
  'commander',
  'esbuild',
  'jose',
  'jsonpath-rfc9535',
  '@clack/prompts',
]

const levelOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room))

/** A room imports from lower floors only. Tests beside the code may reach up. */
export const floorsRule: Rule = (tree) =>
  crossings(tree).flatMap(({ file, from, to, one }) => {
    if (levelOf(from) === -1) return [error('floors', file, 0, `room '${from}' has no floor`)]
    if (levelOf(to) === -1) return [error('floors', file, one.line, `room '${to}' has no floor`)]
    if (isTest(file) || levelOf(to) > levelOf(from)) return []
    const why =
      levelOf(to) === levelOf(from) ? 'are strangers on one floor' : 'is below the room it imports'
    return [error('floors', file, one.line, `'${from}' and '${to}': ${from} ${why}`)]
  })

/** Another room is entered by its door, and every room has one that says what the room is for. */
export const doorsRule: Rule = (tree) => {
  const past = crossings(tree)
    .filter(({ one, to }) => one.path !== `src/${to}.ts`)
    .map(({ file, one, to }) =>
      error('doors', file, one.line, `enters '${to}' past its door: import src/${to}.ts`),
    )
  const rooms = new Set(sourcesOf(tree).map(([file]) => roomOf(file)!))
  const doors = [...rooms].flatMap((room) => {
    const door = tree.get(`src/${room}.ts`)
    if (door === undefined) return [error('doors', `src/${room}`, 0, 'the room has no door')]
    if (door.startsWith(`// ${room}: `)) return []
    return [error('doors', `src/${room}.ts`, 1, `a door opens with '// ${room}: what it is for'`)]
  })
  return [...past, ...doors]
}

/** A pure room imports neither the platform, nor a package, nor a room that is not pure: only data. */
export const pureRule: Rule = (tree) =>
  sourcesOf(tree)
    .filter(([file]) => pureRooms.includes(roomOf(file)!))
    .flatMap(([file, text]) =>
      importsOf(file, text)
        .filter((one) => !one.typeOnly && !one.specifier.endsWith('.json'))
        .filter((one) => one.path === undefined || !pureRooms.includes(roomOf(one.path) ?? ''))
        .map((one) => error('pure', file, one.line, `a pure room imports '${one.specifier}'`)),
    )

/** Nothing of the control side is among what a worker loads, however far away. */
export const workerRule: Rule = (tree) =>
  workerEntries.filter((entry) => tree.has(entry)).flatMap((entry) => loadedFrom(tree, entry))

function loadedFrom(tree: Tree, entry: string): Violation[] {
  const violations: Violation[] = []
  const chains = new Map([[entry, entry]])
  for (const [file, chain] of chains) {
    for (const one of importsOf(file, tree.get(file) ?? '')) {
      if (one.typeOnly) continue
      if (isControlSide(one)) {
        const message = `a worker would load ${one.specifier}: ${chain} > ${one.specifier}`
        violations.push(error('worker', file, one.line, message))
      } else if (one.path !== undefined && !chains.has(one.path)) {
        chains.set(one.path, `${chain} > ${one.path}`)
      }
    }
  }
  return violations
}

function isControlSide(one: Import): boolean {
  if (one.path !== undefined) return controlRooms.includes(roomOf(one.path) ?? '')
  return controlPackages.some(
    (name) => one.specifier === name || one.specifier.startsWith(`${name}/`),
  )
}

/** No file reaches itself by what it imports. Reports each cycle once, at its first file. */
export const cyclesRule: Rule = (tree) => {
  const graph = new Map(
    scriptsOf(tree).map(([file, text]) => [file, loadedPaths(tree, file, text)]),
  )
  const violations: Violation[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      const cycle = [...trail.slice(trail.indexOf(file)), file]
      violations.push(error('cycles', file, 0, cycle.join(' > ')))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
    state.set(file, 'done')
  }
  for (const file of graph.keys()) visit(file, [])
  return violations
}

function loadedPaths(tree: Tree, file: string, text: string): string[] {
  return importsOf(file, text)
    .filter((one) => !one.typeOnly && one.path !== undefined && tree.has(one.path))
    .map((one) => one.path!)
}

interface Crossing {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly one: Import
}

/** Every import of one room by another, types too: a type is knowledge of a room as well. */
function crossings(tree: Tree): Crossing[] {
  return scriptsOf(tree).flatMap(([file, text]) => {
    const from = roomOf(file)
    if (from === undefined) return []
    return importsOf(file, text).flatMap((one) => {
      const to = one.path === undefined ? undefined : roomOf(one.path)
      return to === undefined || to === from ? [] : [{ file, from, to, one }]
    })
  })
}

function error(rule: string, file: string, line: number, message: string): Violation {
  return { rule, file, line, message, severity: 'error' }
}
