// `concordat run`: a contract in service until somebody stops it. What is said to a person goes to
// stderr, for stdout belongs to the access log.
import type { Built, BuildOptions } from '../control.ts'
import { buildSource, sayError } from './build.ts'
import { hasErrors, problemCounts, problemJson, problemLines } from './problems.ts'
import { type Serving, serve } from './serve.ts'
import type { SourceOptions } from './source.ts'
import { counted, paintFor, table } from './style.ts'
import { summaryOf } from './summary.ts'
import type { ExitCode, World } from './world.ts'

export interface RunOptions
  extends SourceOptions, Pick<BuildOptions, 'host' | 'port' | 'adminPort' | 'workers'> {
  readonly to?: readonly string[]
}

export async function run(options: RunOptions, world: World): Promise<ExitCode> {
  const { to = [], host, port, adminPort, workers } = options
  if (to.length === 0 && options.contract !== undefined && options.config === undefined) {
    sayError(world, 'say where the service is: --to http://127.0.0.1:3000')
    return 2
  }
  const done = await buildSource(options, { to, host, port, adminPort, workers }, world)
  if (done === undefined) return 2
  const { built, source } = done
  const paint = paintFor(world.err, world.env)
  if (!isWhole(built)) {
    world.err.write(problemLines(built.problems, world.cwd, paint))
    sayError(world, `${source.shown} is refused: ${problemCounts(built.problems)}`)
    return 1
  }
  const serving = await serve(built, (error) => sayError(world, String(error)))
  if ('problem' in serving) {
    sayError(world, serving.problem)
    return 1
  }
  // Before it is announced: whoever reads that may want to stop at once.
  const stopped = new Promise<undefined>((resolve) => world.onStop(() => resolve(undefined)))
  if (options.json) world.out.write(`${JSON.stringify(servingJson(built, serving, world))}\n`)
  else world.err.write(servingText(built, serving, world))
  const died = await Promise.race([stopped, serving.died])
  if (died !== undefined) sayError(world, died)
  else if (!options.json) world.err.write('stopping: exchanges under way may end\n')
  await serving.close()
  return died === undefined ? 0 : 1
}

type Whole = Built & { snapshot: Uint8Array }

const isWhole = (built: Built): built is Whole =>
  built.snapshot !== undefined && !hasErrors(built.problems)

function servingText({ snapshot, problems }: Whole, serving: Serving, world: World): string {
  const paint = paintFor(world.err, world.env)
  const { title, operations, audience, revision } = summaryOf(snapshot)
  const facts = table([
    [paint('bold', title), paint('green', serving.url)],
    ['admin', `${serving.adminUrl}  (/metrics /livez /readyz)`],
    ['serves', `${counted(operations, 'operation')}, audience ${audience}`],
    ['revision', revision.slice(0, 12)],
  ])
  return `${problemLines(problems, world.cwd, paint)}${facts}`
}

function servingJson({ snapshot, problems }: Whole, serving: Serving, { cwd }: World): object {
  return {
    url: serving.url,
    adminUrl: serving.adminUrl,
    ...summaryOf(snapshot),
    problems: problems.map((one) => problemJson(one, cwd)),
  }
}
