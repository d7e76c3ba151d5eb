// The gateway as the main thread holds it: the same few orders, whether the data plane runs in
// this thread or in workers.
import type { Readiness } from './admin-routes.ts'
import type { ListenAddress } from './port.ts'
import type { LogOptions } from '../engine.ts'
import { snapshotCode } from '../snapshot.ts'
import type { KeptExchange, ShadowReport } from '../telemetry.ts'
import type { TlsMaterial } from '../wire.ts'

/** What may change while it runs. */
export interface GatewaySettings {
  readonly bundle: Uint8Array
  /** One for each listener; what else holds for it is in the bundle. */
  readonly listen: readonly ListenAddress[]
  readonly log: LogOptions
  /** Threads of the data plane beside this one; 0: this thread does it. */
  readonly workers: number
}

export interface GatewayOptions extends GatewaySettings {
  /** What its listeners prove themselves by from the first connection on. */
  readonly material?: TlsMaterial | undefined
  /** Takes what our own code threw. */
  readonly bug?: (error: unknown) => void
  /** Takes a sentence for the operator, such as why a worker was replaced. */
  readonly warn?: (sentence: string) => void
}

export interface Gateway {
  /** Of the first listener. */
  readonly port: number
  /** Of each. */
  readonly ports: readonly number[]
  metrics(): Iterable<string> | AsyncIterable<string>
  ready(): Readiness
  /** Exchanges under way. */
  active(): Promise<number>
  /** What policies in shadow would have refused since it began. */
  shadows(): Promise<ShadowReport>
  /** What is kept of an exchange that was refused, that failed, or was noted in shadow. */
  recall(id: string): Promise<KeptExchange | undefined>
  /**
   * Puts settings in force; no request and no connection notices a changed bundle, and where the
   * rest differs the connections there are end with their next reply. Gives a sentence where it
   * cannot: nothing has changed then.
   */
  apply(next: GatewaySettings): Promise<Applied>
  /**
   * What its listeners prove themselves by from now on. Connections that stand go on. A sentence
   * where it is of no use: nothing has changed then.
   */
  prove(material: TlsMaterial): Promise<Applied>
  /** Not ready from now on: every reply is the last of its connection, new ones are still taken. */
  drain(): void
  /** Takes nothing more and lets what is under way end, up to a bound. */
  close(timeoutMs?: number): Promise<void>
  /** Says in a sentence that the data plane has ended, where nobody asked it to. */
  readonly died: Promise<string>
}

export type Applied = { readonly problem: string } | undefined

export type Started = Gateway | { readonly problem: string }

/** How long exchanges under way may take to end where nobody says otherwise. */
export const closeTimeoutMs = 10_000

type Listening = Pick<GatewaySettings, 'listen'>

const isSameAddress = ({ listen: a }: Listening, { listen: b }: Listening): boolean =>
  a.length === b.length &&
  a.every(({ host, port }, at) => host === b[at]!.host && port === b[at]!.port)

/** Whether threads that run with one need not forget what they have imported to run with the other. */
export const bringsSameCode = (a: GatewaySettings, b: GatewaySettings): boolean =>
  snapshotCode(a.bundle) === snapshotCode(b.bundle)

/** Whether threads that run with one may go on with the other: only the bundle differs. */
export const startsAlike = (a: GatewaySettings, b: GatewaySettings): boolean =>
  a.workers === b.workers && isSameAddress(a, b) && JSON.stringify(a.log) === JSON.stringify(b.log)
