// The protocol cases: Concordat and others in turn, over the same protocol, before the same service.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate, type Effort } from '../alternate.ts'
import { besideOf, type Comparison, figures } from '../compare.ts'
import { installed } from '../machine.ts'
import { commandOf } from '../rivals.ts'
import { type ProtocolCase, protocolCases } from './cases.ts'
import { measured } from './measure.ts'
import { type Services, startFront, startOurs, startServices } from './servers.ts'

const warmUpSeconds = 2

export async function protocolComparisons(
  wanted: readonly string[],
  effort: Effort,
  profiling: ((folder: string) => Record<string, string>) | undefined,
): Promise<Comparison[]> {
  const chosen = protocolCases.filter(({ name }) => wanted.includes(name))
  if (chosen.length === 0) return []
  if (!installed('h2load') && chosen.some(({ load }) => load === 'h2load')) {
    throw new Error('h2load is not installed: apt-get install nghttp2-client')
  }
  const services = await startServices(effort.folder)
  const found: Comparison[] = []
  for (const one of chosen) {
    const profiles = mkdtempSync(join(tmpdir(), 'concordat-profile-'))
    found.push(await compared(one, services, effort, profiling?.(profiles) ?? {}))
    for (const file of readdirSync(profiles)) effort.progress(`profile: ${join(profiles, file)}`)
    if (profiling === undefined) rmSync(profiles, { recursive: true })
  }
  await services.stop()
  return found
}

async function compared(
  one: ProtocolCase,
  services: Services,
  effort: Effort,
  env: Record<string, string>,
): Promise<Comparison> {
  const { name, about, goal } = one
  const beside = one.beside.filter((rival) => installed(commandOf(rival)))
  const fronts = [await startOurs(one, services, effort.folder, env)]
  for (const rival of beside) fronts.push(await startFront(rival, one, services, effort.folder))
  effort.progress(`${name}: warming up`)
  for (const front of fronts) await measured(one, front, services, warmUpSeconds)
  const [ours = [], ...theirs] = await alternate(fronts, effort, `${name}: saturated`, (front) =>
    measured(one, front, services, effort.seconds),
  )
  for (const { started } of fronts) await started.stop()
  const others = beside.map((rival, at) => besideOf(rival, ours, theirs[at] ?? []))
  return { name, about, goal, concordat: figures(ours), beside: others, half: undefined }
}
