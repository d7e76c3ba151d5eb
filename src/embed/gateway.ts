// Makes a gateway of what a host program says: built in a thread of its own, run in this one, and
// built again when the host asks or a file changes.
import type { Socket } from 'node:net'
import { resolve } from 'node:path'
import { type AcmeEvent, CertifiedNames } from '../acme.ts'
import { type Problem, systemClock } from '../base.ts'
import {
  type Built,
  buildInThread,
  certificateFolder,
  type BuildOptions,
  type FileWatch,
  holdStill,
  isWhole,
  notData,
  type Outcome,
  Reloader,
  reloadMetrics,
  servesAlike,
  watchFiles,
  type WholeBuild,
} from '../control.ts'
import { type GatewayHere, MaterialKeeper, openHere } from '../gateway.ts'
import { connectInMemory } from '../wire.ts'
import { acceptOf, isApp } from './app.ts'
import { ConfigurationError } from './configuration-error.ts'
import type { CloseOptions, Gateway, GatewayOptions } from './gateway-options.ts'
import { lineTaker } from './log-lines.ts'

export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { to, report = warnOfProcess } = options
  const accept = isApp(to) ? acceptOf(to) : undefined
  if (isApp(to) && accept === undefined) throw refused('to', noApp)
  const build = builderOf(options)
  const built = await build()
  if (!isWhole(built)) throw new ConfigurationError(built.problems)
  const told = { bug: (error: unknown) => report(errorOf(error)), warn: warnTo(report) }
  const lines = typeof options.log === 'function' ? lineTaker(options.log, told.bug) : undefined
  const connect = accept && connectInMemory(accept)
  const { certificates = [] } = built
  const keeper = new MaterialKeeper({ clock: systemClock, certificates, warn: told.warn })
  const names = new CertifiedNames({
    env: process.env,
    folder: certificateFolder(process.env),
    take: (certified) => keeper.takeCertified(certified),
    told: ({ event, text }: AcmeEvent) => event !== 'obtained' && told.warn(text),
  })
  const unfollowed = await names.follow(built.acme ?? [])
  const settings = { ...settingsOf(built, options), material: keeper.material }
  const here = unfollowed ?? (await openHere(settings, told, { lines, connect }))
  if ('problem' in here) {
    keeper.close()
    await names.close()
    throw new Error(here.problem)
  }
  keeper.tells((material) => here.prove(material))
  await here.takeGiven()
  return new HostedGateway({ here, keeper, names, built, build, options, report })
}

/** What a gateway inside a host program is made of. */
interface Hosted {
  readonly here: GatewayHere
  readonly keeper: MaterialKeeper
  readonly names: CertifiedNames
  readonly built: WholeBuild
  readonly build: Build
  readonly options: GatewayOptions
  readonly report: (error: Error) => void
}

class HostedGateway implements Gateway {
  readonly #here: GatewayHere
  readonly #keeper: MaterialKeeper
  readonly #names: CertifiedNames
  readonly #reloader: Reloader
  readonly #watch: FileWatch | undefined
  #at: 'idle' | 'listening' | 'closed' = 'idle'

  constructor({ here, keeper, names, built, build, options, report }: Hosted) {
    this.#here = here
    this.#keeper = keeper
    this.#names = names
    const running = () => this.#reloader.running
    this.#reloader = new Reloader({
      running: built,
      build,
      holdStill,
      async apply(next) {
        const problem =
          (await keeper.takeFiles(next.certificates ?? [])) ?? (await names.follow(next.acme ?? []))
        if (problem !== undefined || servesAlike(running(), next)) return problem
        return here.apply(settingsOf(next, options))
      },
      prove: (certificates) => keeper.takeFiles(certificates),
      follow: (files) => this.#watch?.follow(files),
      told: (outcome, asked) => {
        const error = errorIn(outcome)
        // Who asked is told by his promise.
        if (error !== undefined && !asked) report(error)
      },
      clock: systemClock,
    })
    if (options.watch !== true) return
    this.#watch = watchFiles({ clock: systemClock, changed: () => this.#reloader.changed() })
    this.#watch.follow(built.files)
  }

  async listen(): Promise<{ url: string; port: number }> {
    this.#mustBe('idle')
    this.#at = 'listening'
    const failed = await this.#here.listen()
    this.#mustBe('listening')
    if (failed !== undefined) {
      this.#at = 'idle'
      throw Object.assign(new Error(failed.problem), { code: failed.code })
    }
    this.#names.begin()
    const { port } = this.#here
    const { host, isSecure } = this.#reloader.running.deployment.listen[0]!
    const name = host.includes(':') ? `[${host}]` : host
    return { url: `${isSecure ? 'https' : 'http'}://${name}:${port}`, port }
  }

  #mustBe(wanted: 'idle' | 'listening'): void {
    if (this.#at !== wanted) throw new Error(`the gateway is ${this.#at} already`)
  }

  adopt(socket: Socket): void {
    if (this.#at === 'closed') return void socket.destroy()
    this.#names.begin()
    this.#here.adopt(socket)
  }

  async reload(): Promise<'applied' | 'unchanged'> {
    const outcome = await this.#reloader.asked()
    const error = errorIn(outcome)
    if (error !== undefined) throw error
    return outcome.outcome as 'applied' | 'unchanged'
  }

  ready(): boolean {
    return this.#here.ready().ready
  }

  metrics(): string {
    const own = [reloadMetrics(this.#reloader), this.#keeper.metrics(), this.#names.metrics()]
    return [...this.#here.metrics(), ...own].join('')
  }

  get problems(): readonly Problem[] {
    return this.#reloader.running.problems
  }

  async close({ timeoutMs }: CloseOptions = {}): Promise<void> {
    this.#at = 'closed'
    this.#watch?.close()
    this.#reloader.close()
    this.#keeper.close()
    const { timeoutMs: ownMs } = this.#reloader.running.deployment.drain
    await Promise.all([this.#names.close(), this.#here.close(timeoutMs ?? ownMs)])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

type Build = (signal?: AbortSignal) => Promise<Built>

function builderOf(options: GatewayOptions): Build {
  const { allowRef, cache, config, contract, host, port, to } = options
  const wanted: BuildOptions = {
    contractFile: contract,
    ...configOf(config),
    to: isApp(to) || to === undefined ? [] : [to].flat(),
    inProcess: isApp(to) ? true : undefined,
    host,
    port,
    workers: 0,
    allowRef,
    // The host chose the file, and has the authority of the process anyway.
    trust: true,
  }
  return async (signal) => {
    const built = await buildInThread(wanted, cache ?? false, signal)
    return { ...built, problems: built.problems.map(inWordsOfHosts) }
  }
}

/** Paths of a configuration that is in no file start where the process is. */
function configOf(config: GatewayOptions['config']) {
  if (typeof config !== 'object') return { configFile: config }
  const found = notData(config)
  if (found !== undefined) {
    throw refused(`config${found.pointer.replaceAll('/', '.')}`, found.message)
  }
  return { configFile: resolve('config'), configValue: config }
}

/** What the command line calls an option is called another name here. */
function inWordsOfHosts(problem: Problem): Problem {
  const { file } = problem.place
  if (file !== '--to' && file !== 'command line') return problem
  return { ...problem, place: { ...problem.place, file: file === '--to' ? 'to' : 'options' } }
}

function settingsOf({ snapshot, deployment }: WholeBuild, { log }: GatewayOptions) {
  const {
    listen,
    log: { redact },
  } = deployment
  // The log of a process is not the host's: it says here where it wants its lines.
  const access = typeof log === 'string' ? log : 'off'
  return { bundle: snapshot, listen, log: { access, redact }, workers: 0 }
}

function errorIn(outcome: Outcome): Error | undefined {
  if (outcome.outcome === 'refused') return new ConfigurationError(outcome.problems)
  return outcome.outcome === 'failed' ? new Error(outcome.reason) : undefined
}

const noApp = 'neither addresses, nor a request listener, nor a plain http.Server'

const refused = (file: string, message: string): Error =>
  new ConfigurationError([{ severity: 'error', message, place: { file, line: 0, column: 0 } }])

const errorOf = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error))

const warnTo = (report: (error: Error) => void) => (sentence: string) =>
  report(Object.assign(new Error(sentence), { name: 'Warning' }))

const warnOfProcess = (error: Error): void => process.emitWarning(error)
