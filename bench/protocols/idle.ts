// Five thousand WebSockets that say nothing: what each holds of the gateway's memory, and what CPU
// all of them take.
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import type { Effort } from '../alternate.ts'
import { cpuShareOf, type Idle } from '../idle.ts'
import { residentBytes } from '../memory.ts'
import { protocolCases } from './cases.ts'
import { measured, startLive } from './measure.ts'
import { type Front, type Services, startFront, startOurs, startServices } from './servers.ts'

const websockets = 5_000
const warmUpSeconds = 3
const settleMs = 3_000
export async function idleSocketCosts(effort: Effort): Promise<Idle[]> {
  const services = await startServices(effort.folder)
  const one = protocolCases.find(({ name }) => name === 'websocket')!
  const makers = [
    () => startOurs(one, services, effort.folder),
    () => startFront('nginx', one, services, effort.folder),
  ]
  const found: Idle[] = []
  for (const make of makers) found.push(await costOf(await make(), services, effort))
  await services.stop()
  return found

  async function costOf(front: Front, behind: Services, { progress, seconds }: Effort) {
    const { pid } = front.started
    progress(`idle-websockets: ${front.name}, warming up`)
    await measured(one, front, behind, warmUpSeconds)
    await wait(settleMs)
    const before = residentBytes(pid)
    progress(`idle-websockets: ${front.name}, opening ${websockets}`)
    const clients = startLive('rest', front.port, websockets, 0)
    const ended = once(clients.child, 'exit').then(() => {
      throw new Error(`idle WebSockets: ${clients.said()}`)
    })
    await Promise.race([once(clients.child, 'message'), ended])
    ended.catch(() => undefined)
    await wait(settleMs)
    const after = residentBytes(pid)
    const cpuShare = await cpuShareOf(pid, seconds * 2000)
    await clients.stop()
    await front.started.stop()
    const bytesEach = (after - before) / websockets
    return { name: front.name, connections: websockets, bytesEach, cpuShare }
  }
}
