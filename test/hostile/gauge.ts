// The real engine on a network in memory, where each task is one turn of the event loop that can be
// measured by itself.
import { manualClock } from '../../src/base.ts'
import { Engine } from '../../src/engine/engine.ts'
import { SharedStates } from '../../src/engine/shared-states.ts'
import { snapshotNeeds } from '../../src/snapshot.ts'
import { installMemoryNet, type MemoryNet, settle, type Wire } from '../fuzz/memory-net.ts'
import { hostileBundle } from './contract.ts'
import { type HostileInput, plainRequest } from './input.ts'

export interface Cost {
  /** CPU time of the longest turn of the event loop. */
  readonly blockMs: number
  readonly cpuMs: number
  readonly sentBytes: number
  /** Of the first reply; 0: none. */
  readonly status: number
}

export interface Gauge {
  measure(input: HostileInput): Cost
  /** How often our own code threw. */
  bugs(): number
}

const okReply = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

export async function startGauge(): Promise<Gauge> {
  const bundles = {
    plain: await hostileBundle(7000),
    announced: await hostileBundle(7000, 'announced'),
  }
  const memory = installMemoryNet()
  let bugs = 0
  const engine = new Engine({
    clock: manualClock(),
    random: Math.random,
    redact: [],
    announce() {},
    lines: { line() {}, dropped: () => 0, close: async () => {} },
    warn: (sentence) => console.error(sentence),
    bug: (error) => {
      bugs++
      console.error(error)
    },
  })
  let door: keyof typeof bundles | undefined
  const open = (wanted: keyof typeof bundles) => {
    if (door === wanted) return
    door = wanted
    const bundle = bundles[wanted]
    engine.prepare(bundle, new SharedStates().for(snapshotNeeds(bundle)))()
  }
  open('plain')
  await engine.listen({ host: '127.0.0.1', port: 0 })
  return {
    measure(input) {
      open(input.door ?? 'plain')
      return measure(input, memory)
    },
    bugs: () => bugs,
  }
}

/** Answers every request whose end has come, without reading it: heads and last bytes are enough. */
function answerAll(wire: Wire): void {
  let taken = 0
  wire.heard = () => {
    const head = wire.sent.indexOf('\r\n\r\n', taken)
    if (head < 0) return
    const fields = wire.sent.slice(taken, head).toLowerCase()
    const length = Number(/\r\ncontent-length: *(\d+)/.exec(fields)?.[1] ?? 0)
    const isChunked = /\r\ntransfer-encoding:/.test(fields)
    if (
      isChunked
        ? !wire.sent.endsWith('\r\n\r\n') || !wire.sent.includes('\r\n0\r\n', head)
        : wire.sent.length < head + 4 + length
    )
      return
    taken = isChunked ? wire.sent.length : head + 4 + length
    wire.deliver(okReply)
  }
}

function measure({ from, path, pieces }: HostileInput, memory: MemoryNet): Cost {
  const watch = new Watch()
  const upstreams: Wire[] = []
  memory.accept = (wire) => {
    upstreams.push(wire)
    if (from !== 'upstream') answerAll(wire)
  }
  const client = memory.dial()
  if (from === 'upstream') {
    client.deliver(plainRequest(path))
    settle()
  }
  const sender = from === 'upstream' ? upstreams[0]! : client
  let sentBytes = 0
  for (const piece of pieces) {
    sentBytes += piece.length
    sender.deliver(piece)
    settle(watch.around)
  }
  sender.finish()
  settle(watch.around)
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(client.sent)?.[1] ?? 0)
  client.breakOff()
  // No connection is kept for the next input.
  for (const wire of upstreams) wire.finish()
  settle()
  return { blockMs: watch.blockMs, cpuMs: watch.cpuMs, sentBytes, status }
}

/** Adds up what turns cost: by the clock of the wall, unless the thread was kept waiting. */
class Watch {
  blockMs = 0
  cpuMs = 0

  readonly around = (task: () => void): void => {
    const before = process.threadCpuUsage()
    const beforeMs = performance.now()
    task()
    const wallMs = performance.now() - beforeMs
    const { user, system } = process.threadCpuUsage(before)
    const ms = Math.min(wallMs, (user + system) / 1000 + tickMs)
    this.cpuMs += ms
    if (ms > this.blockMs) this.blockMs = ms
  }
}

/** CPU time is counted in ticks. */
const tickMs = 4
