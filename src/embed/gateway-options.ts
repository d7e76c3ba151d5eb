// What a host program says to a gateway, and what it gets.
import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Problem } from '../base.ts'
import type { ConfigInput } from '../control.ts'

/**
 * A program that answers requests in this process: a listener (Express's `app` is one), or a server
 * that does not listen (Fastify's `app.server` once it is ready).
 */
export type App = RequestListener | Server

export interface GatewayOptions {
  /** The OpenAPI document; without it, `contract` of the configuration names it. */
  readonly contract?: string | undefined
  /** Path of a configuration, or what it would hold; paths in it are relative to the process then. */
  readonly config?: string | ConfigInput | undefined
  /**
   * Where requests go: addresses of the service, or the program itself. It replaces the `upstreams` of
   * the configuration.
   */
  readonly to?: string | readonly string[] | App | undefined
  /** Where it listens; they win over the configuration. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Files and folders that the contract may read beside its own folder. */
  readonly allowRef?: readonly string[] | undefined
  /** Puts changed files in force as they change. */
  readonly watch?: boolean | undefined
  /** Where each exchange leaves a line of JSON: `stdout`, a file, or who takes it. None by default. */
  readonly log?: 'off' | 'stdout' | (string & {}) | ((line: string) => void) | undefined
  /** A folder that keeps what was compiled, so that the next start is quick. */
  readonly cache?: string | undefined
  /**
   * Hears what nobody waits for: a bug, a file that changed and is refused, what an operator should
   * know. A warning of the process, where nothing is given.
   */
  readonly report?: ((error: Error) => void) | undefined
}

export interface CloseOptions {
  /** For exchanges under way; `drain.timeoutMs` of the configuration, where nothing is given. */
  readonly timeoutMs?: number | undefined
}

export interface Gateway extends AsyncDisposable {
  /** Rejects with the system's error, such as `EADDRINUSE`; it may be asked again then. */
  listen(): Promise<{ readonly url: string; readonly port: number }>
  /**
   * Serves a connection that a server of the host has accepted, and from which nothing was taken yet:
   * of `net`, or of `tls`.
   */
  adopt(socket: Socket): void
  /**
   * Puts in force what the files hold now. Rejects with a `ConfigurationError` where they are
   * refused: what ran before runs on.
   */
  reload(): Promise<'applied' | 'unchanged'>
  /** Whether it serves: false once it closes. */
  ready(): boolean
  /** What it counts and measures, as Prometheus reads it. */
  metrics(): string
  /** Warnings and notes about what is in force. */
  readonly problems: readonly Problem[]
  /** Takes nothing more, lets exchanges under way end up to a bound, and lets go of everything. */
  close(options?: CloseOptions): Promise<void>
}
