// `concordat check`: everything that would keep a contract and its configuration from running as
// written, each with its place. Runs nothing and asks nobody.
import { buildSource } from './build.ts'
import { defaultsOf } from './defaults.ts'
import { hasErrors, problemCounts, problemJson, problemLines } from './problems.ts'
import type { SourceOptions } from './source.ts'
import { counted, paintFor, table } from './style.ts'
import { summaryOf } from './summary.ts'
import type { ExitCode, World } from './world.ts'

export async function check(options: SourceOptions, world: World): Promise<ExitCode> {
  const done = await buildSource(options, { to: [], upstreamNeeded: false }, world)
  if (done === undefined) return 2
  const { problems, snapshot } = done.built
  const refused = hasErrors(problems)
  const summary = snapshot && summaryOf(snapshot)
  if (options.json) {
    const listed = problems.map((one) => problemJson(one, world.cwd))
    const defaults = summary && Object.fromEntries(defaultsOf(summary.audience))
    const json = { ok: !refused, problems: listed, ...summary, defaults }
    world.out.write(`${JSON.stringify(json, null, 2)}\n`)
    return refused ? 1 : 0
  }
  const paint = paintFor(world.out, world.env)
  world.out.write(problemLines(problems, world.cwd, paint))
  if (summary !== undefined) {
    world.out.write(`where nothing is written, audience ${summary.audience} decides:\n`)
    world.out.write(table(defaultsOf(summary.audience).map((row) => ['', ...row])))
  }
  const verdict = refused ? paint('red', 'refused') : paint('green', 'ok')
  const facts = [
    summary && `${counted(summary.operations, 'operation')}, audience ${summary.audience}`,
    problemCounts(problems),
  ]
  world.out.write(`${verdict}: ${[done.source.shown, ...facts].filter(Boolean).join(', ')}\n`)
  return refused ? 1 : 0
}
