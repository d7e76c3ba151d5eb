// What goes into a build and what comes out: plain data, for it crosses threads and the disk.
import type { AcmePlan } from '../acme.ts'
import type { Problem, SourceFile } from '../base.ts'
import type { TlsCertificate } from '../wire.ts'
import type { Origins } from './origins.ts'

export interface BuildOptions {
  /** Path of the contract; without it, `contract` of the configuration names it. */
  readonly contractFile?: string | undefined
  /** Path of `concordat.yaml` or `concordat.config.ts`. */
  readonly configFile?: string | undefined
  /** The configuration itself, where no file holds it: `configFile` says what its paths start from. */
  readonly configValue?: object | undefined
  /** Endpoint addresses of the one upstream, from the command line; they replace `upstreams`. */
  readonly to: readonly string[]
  /** The one upstream is a program of this process: its host connects to it. */
  readonly inProcess?: boolean | undefined
  /** One address in the place of every upstream, for a service that is not there yet. */
  readonly standIn?: string | undefined
  /** Command-line values that win over the configuration. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Files of a certificate and its key: the first listener is https. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly adminPort?: number | undefined
  readonly workers?: number | undefined
  /** Overlays from the command line, applied after those of the configuration. */
  readonly overlays?: readonly string[] | undefined
  /** Folders or files that `$ref` may lead to beside the contract's own folder. */
  readonly allowRef?: readonly string[] | undefined
  /** Whether code that the configuration is, or names, may be run: only who serves it must. */
  readonly trust?: boolean | undefined
  /** False where nothing will be served (`check`, `routes`): then no upstream need be known. */
  readonly upstreamNeeded?: boolean | undefined
}

export interface ListenerAddress {
  readonly host: string
  readonly port: number
  /** Whether it is https. */
  readonly isSecure: boolean
}

/** What the process needs beside the snapshot: where it listens, how it logs, how many threads. */
export interface Deployment {
  readonly listen: readonly ListenerAddress[]
  readonly admin: {
    readonly host: string
    readonly port: number
    /** `Host` names that the admin port answers to beside its own address: against DNS rebinding. */
    readonly allowedHosts: readonly string[]
  }
  /** Threads of the data plane beside the main one; 0: the main thread does it. */
  readonly workers: number
  readonly log: {
    /** Where each exchange leaves a line: `stdout`, a file by its absolute path, or `off`. */
    readonly access: string
    /** Names of path parameters whose values stay out of it. */
    readonly redact: readonly string[]
  }
  /** How it ends when it is asked to. */
  readonly drain: {
    /** Between saying so and taking no more: load balancers have to notice. */
    readonly noticeMs: number
    /** For exchanges under way, after that. */
    readonly timeoutMs: number
  }
}

export interface Built {
  /** The encoded snapshot; undefined where `problems` holds an error. */
  readonly snapshot: Uint8Array | undefined
  /** Where what the snapshot says was written; there wherever the snapshot is. */
  readonly origins?: Origins | undefined
  readonly deployment: Deployment
  readonly problems: readonly Problem[]
  /** Every file that was read or missed: what to watch, and what the disk cache is keyed by. */
  readonly files: readonly SourceFile[]
  /** What listeners prove themselves by; also of a build that is refused for something else. */
  readonly certificates?: readonly TlsCertificate[]
  /** What authorities are to certify. */
  readonly acme?: readonly AcmePlan[]
  /** A private key lies in it: it is not kept on disk. */
  readonly holdsKey?: true
}

/** A build that can serve. */
export type WholeBuild = Built & { readonly snapshot: Uint8Array }

export const isWhole = (built: Built): built is WholeBuild => built.snapshot !== undefined
