// The shape of a policy. One file a policy holds all of it: what may be written (schema), what it
// means for one operation (compile), and what it does to an exchange (link). The id is config key,
// docs page and metric label at once.
import type { z } from 'zod'
import type { Limits, Place, Problem, Random } from '../base.ts'
import type {
  BodyWatch,
  Exchange,
  MessageRules,
  ReplyEdit,
  RequestEdit,
  Step,
  VerifyStep,
} from '../http.ts'
import type { Operation } from '../contract.ts'
import type { LinkedSchemas } from '../schema.ts'

/** zod comes as an argument, so that a worker that only links never loads it. */
export type Zod = typeof z

/**
 * When a step runs. Order is fixed by phase and, within one, by the registry.
 * `admit` needs the head alone; `check` holds the head against the contract; `content` has the
 * whole body; `prepare` changes what is sent upstream; `finish` works on every reply, refusals too.
 */
export type Phase = 'admit' | 'check' | 'content' | 'prepare' | 'finish'

export type Mode = 'enforce' | 'shadow' | 'off'

export type Audience = 'public' | 'partner' | 'internal'

/** What a policy may know when it compiles for whatever comes: not all of it is of an operation. */
export interface ApiSite {
  readonly audience: Audience
  /** Where the configuration of this policy was written; undefined for a default. */
  readonly place: Place | undefined
  /** Names the level that wrote it (`api`, `path /users`, `operation getUser`): a key for state. */
  readonly scope: string
  readonly report: (problem: Problem) => void
  /** The file named at a pointer into this configuration; what keeps it unread is reported. */
  readonly file: (name: string, pointer: string) => NamedFile | undefined
  /** Lays bytes beside the plans; `make` is called once for each key in a snapshot. */
  readonly blob: (key: string, make: () => Uint8Array) => Blob
}

export interface Blob {
  /** For `Tools.blob`. */
  readonly number: number
  readonly bytes: Uint8Array
}

export interface NamedFile {
  /** Absolute. */
  readonly path: string
  readonly text: string
}

/** What a policy may know when it compiles for one operation. */
export interface Site extends ApiSite {
  readonly operation: Operation
  readonly limits: Limits
}

/** What a policy may use when it links in the data plane. */
export interface Tools {
  readonly check: LinkedSchemas
  readonly limits: Limits
  /** Empty for what is of no operation. */
  readonly operationId: string
  /** Bytes that `ApiSite.blob` laid beside the plans; they lie in memory of all threads. */
  readonly blob: (number: number) => Uint8Array
  readonly random: Random
  /** Whether its verdicts are only noted, and nothing that it changes is. */
  readonly inShadow: boolean
  /** Hosts of the snapshot's endpoints, lower case, without a port. */
  readonly upstreamHosts: ReadonlySet<string>
  /** Monotonic milliseconds, for whom the beginning of the exchange is too long ago. */
  readonly nowMs: () => number
  /**
   * What `make` gives for one need of `states`, made once in a thread and a snapshot. Whatever must
   * outlast them lies in the memory, which is zeroed at first and which all threads share: any of
   * them may end in the midst of a write.
   */
  readonly state: <S>(need: StateNeed, make: (memory: SharedArrayBuffer) => S) => S
}

/** A reply's head on its way to the client; a finish step may edit the list in place. */
export interface FinishingReply {
  status: number
  headers: string[]
}

/** The exchange may be of no operation. */
export type FinishStep = (reply: FinishingReply, exchange: Exchange) => void

/** Fields of a reply that are looked at where they come: replies without them cost nothing. */
export interface MappedFields {
  /** Lower case. */
  readonly names: readonly string[]
  /** The value to send in place of one that came; undefined takes the field out. */
  readonly map: (lowerName: string, value: string, exchange: Exchange) => string | undefined
}

/** What an operation says of the WebSockets that it takes; times are 0 for never. */
export interface TunnelTerms {
  /** In lower case, as a request's `upgrade`. */
  readonly protocol: 'websocket'
  /** Silence of one side after which it is asked whether it is there. */
  readonly pingMs: number
  /** Without a message either way. */
  readonly idleTimeoutMs: number
  readonly fragmentsMax: number
  readonly controlFramesPerSecondMax: number
  readonly client: MessageRules
  readonly server: MessageRules
}

/** How replies of Server-Sent Events live; 0 for never. */
export interface EventStreamTerms {
  readonly heartbeatMs: number
  readonly lifetimeMs: number
}

/** What a policy of several phases links to: a step for each phase that it takes part in. */
export interface LinkedSteps {
  readonly admit?: Step
  readonly check?: Step
  readonly content?: Step
  /** For a body that streams; undefined where nothing is to be looked at. */
  readonly watch?: (exchange: Exchange) => BodyWatch | undefined
  readonly prepare?: Step
  readonly request?: RequestEdit
  readonly verify?: VerifyStep
  readonly mapped?: MappedFields
  readonly finish?: FinishStep
  readonly edit?: ReplyEdit
  /** The operation takes WebSockets; of several that say so the last counts. In shadow too. */
  readonly tunnel?: TunnelTerms
  readonly eventStream?: EventStreamTerms
}

interface PolicyBase<Config, Plan> {
  /** In lower case, digits and hyphens; of a custom policy also the name of its file. */
  readonly id: string
  /** One sentence for the docs and the tables. */
  readonly about: string
  /** What may be written. Without it the policy has no settings. */
  readonly schema?: (zod: Zod) => z.ZodType<Config>
  /** The configuration for an audience where none is written; undefined: the policy is absent. */
  readonly defaultFor?: (audience: Audience) => Config | undefined
  /** What `inner` permits that `outer` does not, in words; an inner level must then say `loosen`. */
  readonly looser?: (outer: Config, inner: Config) => string | undefined
  /** Each level that writes it adds one more of it, in place of changing the outer level's. */
  readonly stacks?: true
  /** Keys that a level leaves out it has not, in place of taking them from the level outside. */
  readonly standsAlone?: true
  /** It judges replies alone: who explains a request must know that it has nothing to say of it. */
  readonly judgesReplies?: true
  /** All state for which it may ask. Of another size it must have another name. */
  readonly states?: (plan: Plan) => readonly StateNeed[]
}

export interface StateNeed {
  readonly name: string
  /** Of its memory; the system gives it page by page, as it is used. */
  readonly bytesMax: number
}

/** Data for the bundle, or undefined where the policy has nothing to do there. */
type Compile<Config, Plan, At> = (config: Config, site: At) => Plan | undefined

/** What an author writes. Without `compile` the configuration is the plan. */
export type PolicyDefinition<Config, Plan> = PolicyBase<Config, Plan> &
  (
    | {
        readonly phase: 'admit'
        /** Requests of no operation go through it too, where it holds for the whole API. */
        readonly everyRequest: true
        readonly everyReply?: never
        readonly compile?: Compile<Config, Plan, ApiSite>
        readonly link: (plan: Plan, tools: Tools) => Step
      }
    | {
        readonly phase: 'admit' | 'check' | 'content' | 'prepare'
        readonly everyRequest?: never
        readonly everyReply?: never
        readonly compile?: Compile<Config, Plan, Site>
        readonly link: (plan: Plan, tools: Tools) => Step
      }
    | {
        readonly phase: 'finish'
        readonly everyRequest?: never
        readonly everyReply?: never
        readonly compile?: Compile<Config, Plan, ApiSite>
        /** An edit is applied as the reply is read; a step needs its fields one by one. */
        readonly link: (plan: Plan, tools: Tools) => FinishStep | ReplyEdit
      }
    | {
        readonly phase: 'several'
        /** Compiles for a level, not for an operation: its edits reach replies of no operation too. */
        readonly everyRequest?: never
        readonly everyReply: true
        readonly compile?: Compile<Config, Plan, ApiSite>
        readonly link: (plan: Plan, tools: Tools) => LinkedSteps
      }
    | {
        readonly phase: 'several'
        readonly everyRequest?: never
        readonly everyReply?: never
        readonly compile?: Compile<Config, Plan, Site>
        readonly link: (plan: Plan, tools: Tools) => LinkedSteps
      }
  )

/** The same, whole: what the definition left out is filled in. */
export type Policy<Config, Plan> = PolicyDefinition<Config, Plan> & {
  readonly schema: (zod: Zod) => z.ZodType<Config>
  readonly defaultFor: (audience: Audience) => Config | undefined
  readonly compile: (config: Config, site: never) => Plan | undefined
}

/** Nothing but a mode may be written. */
export type NoSettings = Readonly<Record<string, never>>

/** Fills in what a simple policy need not say, and keeps its own types while it is written. */
export function definePolicy<Config = NoSettings>(
  definition: PolicyDefinition<Config, Config> & { readonly compile?: never },
): Policy<Config, Config>
export function definePolicy<Config, Plan>(
  definition: PolicyDefinition<Config, Plan>,
): Policy<Config, Plan>
export function definePolicy(
  definition: PolicyDefinition<unknown, unknown>,
): Policy<unknown, unknown> {
  const rest = {
    schema: (zod: Zod) => zod.strictObject({}),
    defaultFor: () => undefined,
    compile: (config: unknown) => config,
  }
  // The spread of a union is no union: which variant it is stays as it was written.
  return { ...rest, ...definition } as Policy<unknown, unknown>
}

/** A compiled policy as it lies in the bundle. */
export interface PolicyPlan {
  readonly policy: string
  readonly mode: Exclude<Mode, 'off'>
  readonly plan: unknown
}
