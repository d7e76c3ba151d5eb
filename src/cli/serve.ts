// Puts a build into service and keeps it up to date: the gateway on its port, the admin server on
// its own, and whoever builds again when files change.
import { randomBytes } from 'node:crypto'
import { type AcmeEvent, CertifiedNames } from '../acme.ts'
import { systemClock } from '../base.ts'
import {
  type FileWatch,
  holdStill,
  type Outcome,
  Reloader,
  reloadMetrics,
  type ReloadSetup,
  certificateFolder,
  servesAlike,
  watchFiles,
  type WholeBuild,
} from '../control.ts'
import {
  type AdminSources,
  createAdmin,
  type Gateway,
  MaterialKeeper,
  type Readiness,
  startGateway,
} from '../gateway.ts'
import { createIds } from '../telemetry.ts'
import { certificateRoute, failingJson } from './certified.ts'
import { servingRoutes } from './serving-routes.ts'
import { standingJson } from './standing.ts'
import type { World } from './world.ts'

export interface Serving {
  /** Of the first listener that is https, or of the first. */
  readonly url: string
  readonly urls: readonly string[]
  readonly adminUrl: string
  /** What runs, and how it stands to what is written. */
  readonly reloader: Reloader
  /** Exchanges under way. */
  active(): Promise<number>
  /**
   * Says that it is not ready, and serves on for `noticeMs`; then takes no more, lets what is
   * under way end within its bound, and lets go of the ports.
   */
  close(noticeMs: number): Promise<void>
  /** Says in a sentence that it serves no longer, where nobody asked it to stop. */
  readonly died: Promise<string>
}

export interface ServeSetup {
  readonly built: WholeBuild
  readonly rebuild: ReloadSetup['build']
  /** Whether a changed file is reason enough to build again. */
  readonly watch: boolean
  /** Told what became of each build, and where the API is served now. */
  readonly told: (outcome: Outcome, reloader: Reloader, url: string) => void
  readonly report: (error: unknown) => void
  readonly warn: (sentence: string) => void
  /** Told of names that an authority certifies meanwhile. */
  readonly certified: (event: AcmeEvent) => void
  readonly env: World['env']
  /** Folder that shown paths are relative to. */
  readonly cwd: string
}

/** A sentence where something keeps it from serving; nothing is left behind then. */
export async function serve(setup: ServeSetup): Promise<Serving | { problem: string }> {
  const { built, report, warn } = setup
  const { listen, admin: adminAt } = built.deployment
  const { certificates = [] } = built
  const keeper = new MaterialKeeper({ clock: systemClock, certificates, warn })
  const names = new CertifiedNames({
    env: setup.env,
    folder: certificateFolder(setup.env),
    take: (certified) => keeper.takeCertified(certified),
    told: setup.certified,
  })
  const refused = await names.follow(built.acme ?? [])
  if (refused !== undefined) {
    keeper.close()
    return refused
  }
  const { material } = keeper
  const gateway = await startGateway({ ...settingsOf(built), material, bug: report, warn })
  if ('problem' in gateway) {
    keeper.close()
    await names.close()
    return { problem: withOption(gateway.problem, '--port', listen[0]!.port) }
  }
  keeper.tells((next) => gateway.prove(next))
  names.begin()
  const { reloader, watch } = startReloads({ gateway, keeper, names }, setup)
  const admin = createAdmin({
    ...adminAt,
    sources: sourcesOf({ gateway, keeper, names }, reloader, setup.cwd),
    routes: [...servingRoutes(gateway, reloader, setup.cwd), certificateRoute(names)],
    requestId: createIds(randomBytes),
    report,
  })
  const stopReloads = () => {
    keeper.close()
    watch?.close()
    reloader.close()
  }
  const listening = await admin.listen()
  if ('failed' in listening) {
    stopReloads()
    await names.close()
    await gateway.close(0)
    return { problem: withOption(listening.failed, '--admin-port', adminAt.port) }
  }
  return {
    url: urlOf(gateway, built),
    urls: urlsOf(gateway, built),
    adminUrl: address(adminAt.host, listening.port),
    reloader,
    active: () => gateway.active(),
    async close(noticeMs) {
      stopReloads()
      // Orders under way are left on the disk, for whoever comes next.
      const left = names.close()
      gateway.drain()
      const noticed = new Promise<void>((done) => systemClock.after(noticeMs, done))
      // With nobody left to serve there is nothing to wait for.
      await Promise.race([noticed, gateway.died])
      await gateway.close(reloader.running.deployment.drain.timeoutMs)
      await left
      // The probes go last: they are how others see that we are stopping.
      await admin.close()
    },
    died: gateway.died,
  }
}

function urlOf(gateway: Gateway, built: WholeBuild): string {
  const urls = urlsOf(gateway, built)
  return urls.find((url) => url.startsWith('https:')) ?? urls[0]!
}

const urlsOf = ({ ports }: Gateway, { deployment }: WholeBuild): string[] =>
  deployment.listen.map(({ host, isSecure }, at) =>
    address(host, ports[at] ?? 0, isSecure ? 'https' : 'http'),
  )

function settingsOf({ snapshot, deployment: { listen, log, workers } }: WholeBuild) {
  return { bundle: snapshot, listen, log, workers }
}

/** What serves, beside what tells it to. */
interface Parts {
  readonly gateway: Gateway
  readonly keeper: MaterialKeeper
  readonly names: CertifiedNames
}

function startReloads(
  { gateway, keeper, names }: Parts,
  { built, rebuild, watch: watched, told, report }: ServeSetup,
): { reloader: Reloader; watch: FileWatch | undefined } {
  const reloader: Reloader = new Reloader({
    running: built,
    build: rebuild,
    holdStill,
    async apply(next) {
      const problem =
        (await keeper.takeFiles(next.certificates ?? [])) ?? (await names.follow(next.acme ?? []))
      if (problem !== undefined || servesAlike(reloader.running, next)) return problem
      return gateway.apply(settingsOf(next))
    },
    prove: (certificates) => keeper.takeFiles(certificates),
    follow: (files) => watch?.follow(files),
    told(outcome) {
      try {
        told(outcome, reloader, urlOf(gateway, reloader.running))
      } catch (error) {
        // What cannot be told is no reason to serve no more.
        report(error)
      }
    },
    clock: systemClock,
  })
  const watch = watched
    ? watchFiles({ clock: systemClock, changed: () => reloader.changed() })
    : undefined
  watch?.follow(built.files)
  return { reloader, watch }
}

function sourcesOf(
  { gateway, keeper, names }: Parts,
  reloader: Reloader,
  cwd: string,
): AdminSources {
  return {
    async *metrics() {
      yield* gateway.metrics()
      yield reloadMetrics(reloader) + keeper.metrics() + names.metrics()
    },
    ready(): Readiness {
      const { ready, details } = gateway.ready()
      const configuration = standingJson(reloader, cwd)
      return { ready, details: { ...details, configuration, ...failingJson(names) } }
    },
  }
}

/** An occupied port is the usual reason, and another port the usual way out. */
function withOption(problem: string, option: string, port: number): string {
  if (problem.endsWith('no such address')) return `${problem}. Take another with --host`
  return port === 0 || !problem.includes('cannot listen on')
    ? problem
    : `${problem}. Take another with ${option}, or ${option} 0 for a free one`
}

function address(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
