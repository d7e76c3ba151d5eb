// `concordat routes`: what is served where, and what each operation is held to.
import { eachOf } from '../base.ts'
import { openSnapshot, type OpenSnapshot } from '../snapshot.ts'
import { buildSource } from './build.ts'
import { hasErrors, problemLines } from './problems.ts'
import type { SourceOptions } from './source.ts'
import { paintFor, table } from './style.ts'
import type { ExitCode, World } from './world.ts'

interface RouteRow {
  readonly method: string
  readonly path: string
  readonly operationId: string
  /** Null where no upstream is configured: only something served needs one. */
  readonly upstream: string | null
  /** How many messages of gRPC go each way; null of other operations. */
  readonly grpc: string | null
  readonly policies: readonly { readonly id: string; readonly mode: string }[]
}

export async function routes(options: SourceOptions, world: World): Promise<ExitCode> {
  const done = await buildSource(options, { to: [], upstreamNeeded: false }, world)
  if (done === undefined) return 2
  const { problems, snapshot } = done.built
  if (snapshot === undefined || hasErrors(problems)) {
    world.err.write(problemLines(problems, world.cwd, paintFor(world.err, world.env)))
    return 1
  }
  const rows = rowsOf(openSnapshot(snapshot))
  if (options.json) {
    world.out.write(`${JSON.stringify(rows, null, 2)}\n`)
    return 0
  }
  const paint = paintFor(world.out, world.env)
  const head = ['method', 'path', 'operation', 'policies'].map((name) => paint('bold', name))
  const lines = rows.map(({ grpc, method, path, operationId, policies }) => [
    grpc === null ? method : `${method} (gRPC, ${grpc})`,
    path,
    operationId,
    repeatsOnce(
      policies.map(({ id, mode }) =>
        mode === 'enforce' ? id : paint('yellow', `${id} (${mode})`),
      ),
    ).join(', '),
  ])
  world.out.write(table([head, ...lines]))
  return 0
}

/** Limits of several levels hold side by side: `limit ×2`. */
function repeatsOnce(names: readonly string[]): string[] {
  return [...new Set(names)].map((name) => {
    const times = names.filter((one) => one === name).length
    return times === 1 ? name : `${name} ×${times}`
  })
}

function rowsOf(plan: OpenSnapshot): RouteRow[] {
  return [...eachOf(plan.routes)].map(({ method, template, operation }) => {
    const { grpc, id, upstream, policies } = plan.operations.at(operation)!
    return {
      method,
      path: template,
      operationId: id,
      upstream: plan.upstreams[upstream]?.name ?? null,
      grpc: grpc?.pattern ?? null,
      policies: policies.map((one) => ({ id: one.policy, mode: one.mode })),
    }
  })
}
