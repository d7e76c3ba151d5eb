// `concordat run`: a contract in service until somebody stops it. What is said to a person goes to
// stderr, for stdout belongs to the access log.
import { stackOf } from '../base.ts'
import { type BuildOptions, isWhole, type Outcome, type Reloader } from '../control.ts'
import { type BuiltSource, buildSource, type Overrides, sayError, sayWarning } from './build.ts'
import { localTls } from './local-tls.ts'
import { problemCounts, problemJson, problemLines } from './problems.ts'
import { type Serving, serve } from './serve.ts'
import type { Source, SourceOptions } from './source.ts'
import { outcomeJson, outcomeText, restartText } from './standing.ts'
import { counted, paintFor, table } from './style.ts'
import { summaryOf } from './summary.ts'
import type { ExitCode, StopSignal, World } from './world.ts'

export interface RunOptions
  extends SourceOptions, Pick<BuildOptions, 'host' | 'port' | 'adminPort' | 'workers'> {
  readonly to?: readonly string[]
  /** Whether a changed file is put in force. */
  readonly watch?: boolean
  /** Whether it is https, by a certificate for this machine alone. */
  readonly tls?: boolean
}

/** What stands behind the gateway while it runs, where that is of this program. */
export interface Behind {
  /** Before it serves, and after whatever was built again. */
  follow(source: Source): Promise<void>
  /** What a person is told of it, beside the gateway's own facts. */
  facts(): string[][]
  /** The same for programs. */
  json(): object
}

export async function run(options: RunOptions, world: World): Promise<ExitCode> {
  const { to = [], host, port, adminPort, workers } = options
  if (to.length === 0 && options.contract !== undefined && options.config === undefined) {
    sayError(world, 'say where the service is: --to http://127.0.0.1:3000')
    return 2
  }
  const overrides = { to, host, port, adminPort, workers }
  if (options.tls !== true) return runBuilt(options, overrides, world)
  const local = localTls(world, (sentence) => sayWarning(world, sentence))
  if ('problem' in local) {
    sayError(world, local.problem)
    return 1
  }
  const { cert, key } = local.files
  try {
    return await runBuilt(options, { ...overrides, tls: { cert, key } }, world, local)
  } finally {
    local.close()
  }
}

/** Builds, serves what was built, and follows what is written until somebody stops it. */
export async function runBuilt(
  options: RunOptions,
  overrides: Overrides,
  world: World,
  behind?: Behind,
): Promise<ExitCode> {
  const asks = reloadAsks(world)
  const stop = stopAsked(world)
  // Who serves it has to run what it names.
  const build = buildSource({ ...options, trust: true }, overrides, world, stop.asked)
  const done = await Promise.race([build, stop.how])
  if (done === undefined) return 2
  if ('signal' in done) return 0
  const { built, source, rebuild } = done
  if (!isWhole(built)) {
    world.err.write(problemLines(built.problems, world.cwd, paintFor(world.err, world.env)))
    sayError(world, `${source.shown} is refused: ${problemCounts(built.problems)}`)
    return 1
  }
  const report = (error: unknown) => sayError(world, stackOf(error))
  await behind?.follow(source)
  const tell = teller(options, done, world)
  const serving = await serve({
    built,
    rebuild,
    watch: options.watch ?? true,
    told(outcome, reloader, url) {
      // An example may be another where all that the gateway needs is as it was.
      const isBuilt = outcome.outcome === 'applied' || outcome.outcome === 'unchanged'
      if (behind === undefined || !isBuilt) tell(outcome, reloader, url)
      else {
        const followed = behind.follow(source)
        followed.then(() => tell(outcome, reloader, url)).catch(report)
      }
    },
    report,
    warn: (sentence) => sayWarning(world, sentence),
    certified: ({ event, text }) =>
      event === 'obtained' ? void world.err.write(`${text}\n`) : sayWarning(world, text),
    env: world.env,
    cwd: world.cwd,
  })
  if ('problem' in serving) {
    sayError(world, serving.problem)
    return 1
  }
  if (stop.asked.aborted) {
    await serving.close(0)
    return 0
  }
  asks.go(() => void serving.reloader.asked())
  return serveUntilStopped(serving, options, world, stop, behind)
}

interface Stop {
  readonly asked: AbortSignal
  readonly how: Promise<{ readonly signal: StopSignal }>
}

/** From the first moment on: nothing else ends the first process of a container. */
function stopAsked(world: World): Stop {
  const asked = new AbortController()
  const how = Promise.withResolvers<{ signal: StopSignal }>()
  world.onStop((signal) => {
    asked.abort()
    how.resolve({ signal })
  })
  return { asked: asked.signal, how: how.promise }
}

/** Who asks while it starts is answered once it serves: what he has written may have come late. */
function reloadAsks(world: World): { go(reload: () => void): void } {
  let isAsked = false
  let reload = () => {
    isAsked = true
  }
  world.onReload(() => reload())
  return {
    go(reloadNow) {
      reload = reloadNow
      if (isAsked) reloadNow()
    },
  }
}

async function serveUntilStopped(
  serving: Serving,
  { json }: RunOptions,
  world: World,
  stop: Stop,
  behind: Behind | undefined,
): Promise<ExitCode> {
  if (json) {
    const line = { ...servingJson(serving, world), ...behind?.json() }
    world.out.write(`${JSON.stringify(line)}\n`)
  } else world.err.write(servingText(serving, world, behind))
  const ending = await Promise.race([stop.how, serving.died])
  if (typeof ending === 'string') {
    sayError(world, ending)
    await serving.close(0)
    return 1
  }
  const { noticeMs, timeoutMs } = serving.reloader.running.deployment.drain
  // A person at a terminal has no load balancer to wait for.
  const waitMs = ending.signal === 'SIGINT' ? 0 : noticeMs
  const asked = serving.active()
  const closed = serving.close(waitMs)
  // Whoever cannot say how much is left must not hold up the end.
  const active = await Promise.race([asked, closed.then(() => 0)])
  if (!json) world.err.write(stoppingText(active, waitMs + timeoutMs))
  await closed
  return 0
}

function stoppingText(active: number, mostMs: number): string {
  if (active === 0) return 'stopping\n'
  const most = `at most ${Math.ceil(mostMs / 1_000)} s`
  return `stopping: ${counted(active, 'exchange')} under way, ${most}; again to force\n`
}

/** Says how each reload went: to a person, or as a line for a program. */
function teller({ json }: RunOptions, { source: { shown } }: BuiltSource, world: World) {
  const { cwd, env, err, out } = world
  const paint = paintFor(err, env)
  return (outcome: Outcome, reloader: Reloader, url: string): void => {
    if (json) out.write(`${JSON.stringify(outcomeJson(outcome, reloader, { cwd, url }))}\n`)
    else {
      const text = outcomeText(outcome, reloader, { cwd, paint, shown, url })
      err.write(text + restartText(reloader, paint))
    }
  }
}

function servingText(
  { url, urls, adminUrl, reloader }: Serving,
  world: World,
  behind: Behind | undefined,
): string {
  const paint = paintFor(world.err, world.env)
  const { problems, snapshot, deployment } = reloader.running
  const { title, operations, audience, revision, notice } = summaryOf(snapshot)
  const { workers } = deployment
  const threads = workers === 0 ? 'in the main thread' : counted(workers, 'worker')
  const facts = table([
    [paint('bold', title), paint('green', url)],
    ...urls.filter((one) => one !== url).map((one) => ['and', one]),
    ['admin', `${adminUrl}  (/metrics /livez /readyz)`],
    ['serves', `${counted(operations, 'operation')}, audience ${audience}, ${threads}`],
    ['revision', revision.slice(0, 12)],
    ...(behind?.facts() ?? []),
    ...(notice === undefined ? [] : [['note', notice]]),
  ])
  return `${problemLines(problems, world.cwd, paint)}${facts}`
}

function servingJson({ url, urls, adminUrl, reloader }: Serving, { cwd }: World): object {
  const { problems, snapshot } = reloader.running
  return {
    url,
    adminUrl,
    ...(urls.length > 1 ? { urls } : {}),
    ...summaryOf(snapshot),
    problems: problems.map((one) => problemJson(one, cwd)),
  }
}
