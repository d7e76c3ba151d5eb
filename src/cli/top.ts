// `concordat top`: a running gateway, live. On a terminal it has the whole screen; elsewhere it
// prints a frame each interval.
import { setTimeout as wait } from 'node:timers/promises'
import { paintFor } from './style.ts'
import type { Terminal } from './terminal.ts'
import { topKey, type TopView } from './top-keys.ts'
import { Screen } from './top-screen.ts'
import { createSource, type Source } from './top-source.ts'
import type { Sort } from './top-sorts.ts'
import { linesOf, pageOf } from './top-view.ts'
import { type Scene, sceneAfter, unseen } from './top-watch.ts'
import { whereToLook } from './unanswered.ts'
import type { ExitCode, World } from './world.ts'

export interface TopOptions {
  readonly admin: URL
  readonly intervalMs: number
  readonly once: boolean
  readonly json: boolean
  readonly sort: Sort
  /** Operations shown; undefined for as many as fit. */
  readonly rowsMax: number | undefined
}

const plainRowsMax = 20
const plainWidth = 100

export async function top(options: TopOptions, world: World): Promise<ExitCode> {
  const ending = new AbortController()
  world.onStop(() => ending.abort())
  const source = createSource(options.admin)
  const { once, json } = options
  if (once) return showOnce(options, source, world, ending.signal)
  const { terminal } = world
  if (json || terminal === undefined) await print(options, source, world, ending.signal)
  else await live(options, source, world, terminal, ending)
  return 0
}

/** A rate needs two looks. */
async function showOnce(
  options: TopOptions,
  source: Source,
  world: World,
  stop: AbortSignal,
): Promise<ExitCode> {
  const first = sceneAfter(unseen, await source(stop))
  if (first.condition.at !== 'gone') await pause(options.intervalMs, stop)
  if (stop.aborted) return 1
  const scene = first.condition.at === 'gone' ? first : sceneAfter(first, await source(stop))
  if (scene.condition.at === 'gone') {
    const { reason } = scene.condition
    world.err.write(`error: no figures from ${options.admin.host}: ${reason}\n${whereToLook}`)
    return 1
  }
  world.out.write(plainText(scene, options, world))
  return 0
}

async function print(
  options: TopOptions,
  source: Source,
  world: World,
  stop: AbortSignal,
): Promise<void> {
  let scene = unseen
  for await (const looked of looks(source, options.intervalMs, stop)) {
    scene = sceneAfter(scene, looked)
    // Of the first look there is nothing to show yet.
    const isFirst = scene.condition.at !== 'gone' && scene.figures?.traffic === undefined
    if (!isFirst) world.out.write(plainText(scene, options, world))
  }
}

function plainText(scene: Scene, options: TopOptions, world: World): string {
  if (options.json) return `${JSON.stringify(jsonOf(scene))}\n`
  const frame = {
    admin: options.admin.host,
    epochMs: Date.now(),
    width: Math.max(widthMin, world.out.columns ?? plainWidth),
    height: undefined,
    rowsMax: options.rowsMax ?? plainRowsMax,
    sort: options.sort,
    from: 0,
    paused: false,
  }
  return `${linesOf(scene, frame, paintFor(world.out, world.env)).join('\n')}\n\n`
}

const widthMin = 60

const jsonOf = ({ condition, readiness, figures }: Scene): object => ({
  condition,
  configuration: readiness?.configuration ?? null,
  workers: readiness?.workers ?? null,
  ...figures,
})

async function live(
  { admin, intervalMs, rowsMax = Infinity, sort }: TopOptions,
  source: Source,
  world: World,
  terminal: Terminal,
  ending: AbortController,
): Promise<void> {
  const screen = new Screen(terminal)
  const paint = paintFor(world.out, world.env)
  let scene = unseen
  let view: TopView = { sort, from: 0, frozen: undefined }
  const draw = () => {
    const { columns, rows } = terminal.size()
    const frame = { width: columns, height: rows, rowsMax, sort: view.sort, from: view.from }
    const paused = view.frozen !== undefined
    const shown = view.frozen ?? scene
    const lines = linesOf(
      shown,
      { ...frame, admin: admin.host, epochMs: Date.now(), paused },
      paint,
    )
    screen.show(lines.slice(0, rows))
  }
  const leave = terminal.open({
    key(key) {
      const next = topKey(key, view, scene, pageOf({ height: terminal.size().rows, rowsMax }))
      if (next === 'quit') return ending.abort()
      view = next
      draw()
    },
    resized() {
      screen.forget()
      draw()
    },
  })
  try {
    draw()
    for await (const looked of looks(source, intervalMs, ending.signal)) {
      scene = sceneAfter(scene, looked)
      draw()
    }
  } finally {
    leave()
  }
}

/** Looks until it is stopped, each an interval after the one before. */
async function* looks(source: Source, intervalMs: number, stop: AbortSignal) {
  for (;;) {
    const startMs = performance.now()
    const looked = await source(stop)
    if (stop.aborted) return
    yield looked
    await pause(Math.max(0, intervalMs - (performance.now() - startMs)), stop)
    if (stop.aborted) return
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  // Who stops us ends the wait, and nothing else.
  await wait(ms, undefined, { signal: stop }).catch(() => {})
}
