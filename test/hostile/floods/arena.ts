// Where floods are fought: the program with one worker, a bystander and its service in one process,
// and, in this one, the services that an attacker has the gateway ask, and endpoints that attack.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '../../certificates.ts'
import { Program } from '../../stay/program.ts'
import type { Order, Told } from './bystander.ts'
import { configOf, contract } from './contract.ts'
import { HostileEndpoint } from './hostile-endpoint.ts'
import { Service } from './service.ts'

export class Arena implements AsyncDisposable {
  /** In clear: HTTP/1.1, and HTTP/2 by prior knowledge. */
  readonly port: number
  readonly tlsPort: number
  readonly program: Program
  readonly service: Service
  readonly endpoint: HostileEndpoint
  readonly #bystander: ChildProcess

  constructor(parts: {
    program: Program
    service: Service
    endpoint: HostileEndpoint
    bystander: ChildProcess
  }) {
    this.program = parts.program
    this.service = parts.service
    this.endpoint = parts.endpoint
    this.#bystander = parts.bystander
    const portOf = (scheme: string) =>
      Number(new URL(this.program.urls.find((url) => url.startsWith(scheme))!).port)
    this.port = portOf('http:')
    this.tlsPort = portOf('https:')
  }

  static async open(): Promise<Arena> {
    const bystander = fork(join(import.meta.dirname, 'bystander.ts'))
    const [quickPort] = (await once(bystander, 'message')) as [number]
    const service = await Service.open()
    const endpoint = await HostileEndpoint.open()
    const { cert, key } = makeCertificate({ names: ['localhost', '127.0.0.1'] })
    const ports = { quick: quickPort, service: service.port, endpoint: endpoint.port }
    const files = {
      'api.json': JSON.stringify(contract),
      'concordat.yaml': JSON.stringify(configOf(ports)),
      'own.pem': cert,
      'own.key': key,
    }
    const program = await Program.start(files)
    const arena = new Arena({ program, service, endpoint, bystander })
    bystander.send({ ask: arena.port } satisfies Order)
    return arena
  }

  /** What others met since anybody was told last. */
  async bystander(): Promise<Told> {
    const told = once(this.#bystander, 'message') as Promise<[Told]>
    this.#bystander.send('tell' satisfies Order)
    return (await told)[0]
  }

  /**
   * In life an attacker has a machine of its own: here it gets what those whom it attacks leave.
   * Where they may not be put first, for that takes rights, it puts itself last.
   */
  attackerYields(): void {
    setPriority(10)
    try {
      for (const pid of [this.program.pid, this.#bystander.pid!]) {
        // Linux knows of threads alone.
        for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), -15)
      }
    } catch {
      // They stay what all others are.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bystander.kill('SIGKILL')
    await once(this.#bystander, 'exit')
    this.service.close()
    this.endpoint.close()
    await this.program[Symbol.asyncDispose]()
  }
}
