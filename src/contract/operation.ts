// What the contract says, with `$ref` resolved and schemas numbered: the whole of it, and of one
// operation.
import type { Place, Problem } from '../base.ts'
import type { GrpcPattern } from '../http.ts'
import type { Direction, SchemaPlan } from '../schema.ts'

export interface Contract {
  readonly title: string
  readonly version: string
  readonly openapi: '3.0' | '3.1' | '3.2'
  readonly operations: readonly Operation[]
  /** What was read by now, and what was wrong with it. Replies that are asked for later add to it. */
  readonly finish: () => FinishedContract
  /** Raw `x-concordat` of the document itself: none or one. */
  readonly documentSettings: readonly Setting[]
  readonly securitySchemes: ReadonlyMap<string, SecurityScheme>
}

export interface FinishedContract {
  readonly schemas: SchemaPlan
  /** In order of discovery; operations with an error are left out of `operations`. */
  readonly problems: readonly Problem[]
}

export interface SecurityScheme {
  readonly type: 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS'
  /** Where an `apiKey` travels. */
  readonly in: 'header' | 'query' | 'cookie' | undefined
  /** Name of the header, parameter or cookie of an `apiKey`. */
  readonly name: string | undefined
  /** Lower-case HTTP auth scheme: `bearer`, `basic`, … */
  readonly httpScheme: string | undefined
  readonly place: Place
}

export interface Operation {
  /** `operationId`, or `METHOD /template` where it has none; unique within the contract. */
  readonly id: string
  /** Upper case, but for additional ones, which are as the contract has them. */
  readonly method: string
  /** As written, without a base path: `/users/{id}`. */
  readonly template: string
  /** Base paths of the `servers` in force, without a trailing slash; `['']` where there is none. */
  readonly basePaths: readonly string[]
  /** Those of the path first, in the order of the template. */
  readonly parameters: readonly ParameterPlan[]
  /** Where the whole query is one value; there are then no parameters in the query. */
  readonly querystring?: QuerystringPlan | undefined
  readonly body: BodyPlan | undefined
  /** Where its bodies are messages of gRPC. */
  readonly grpc?: GrpcPlan | undefined
  /** Declared statuses: `200`, `4XX`, `default`, … */
  readonly statuses: readonly string[]
  /** Media types of declared 2xx (or `default`) replies, lower case; empty where none has content. */
  readonly replyTypes: readonly string[]
  /**
   * What is declared of replies. Read at the first call: their schemas are most of a large
   * contract, and only a policy that holds replies against it needs them.
   */
  readonly replies: () => readonly ReplyPlan[]
  /**
   * Numbers a schema that settings name by a `$ref` of the contract, for what travels that way;
   * undefined where it leads nowhere.
   */
  readonly schemaAt: (reference: string, direction: Direction) => number | undefined
  /** Alternatives, each a set of schemes that must all be met; empty: open. */
  readonly security: readonly SecurityAlternative[]
  /** Raw `x-concordat` values that reach this operation, outermost first. */
  readonly settings: readonly Setting[]
  readonly deprecated: boolean
  readonly summary: string | undefined
  readonly place: Place
}

export interface Setting {
  readonly level: 'document' | 'path' | 'operation'
  readonly value: unknown
  readonly uri: string
  readonly pointer: string
}

export type ParameterIn = 'path' | 'query' | 'header' | 'cookie'

export type Style =
  | 'matrix'
  | 'label'
  | 'simple'
  | 'form'
  | 'cookie'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject'

/** Serialisable: how one parameter is found, decoded and checked. */
export interface ParameterPlan {
  readonly name: string
  readonly in: ParameterIn
  readonly required: boolean
  readonly style: Style
  readonly explode: boolean
  readonly allowReserved: boolean
  readonly allowEmptyValue: boolean
  /** What text becomes before it is checked. */
  readonly shape: Shape
  /** Number of the schema in the schema plan; undefined: anything. */
  readonly schema: number | undefined
  /** Media type, lower case, where the parameter has `content` in place of `schema`. */
  readonly contentType: string | undefined
}

/** Serialisable: a query that is one value of a media type (`in: querystring`). */
export interface QuerystringPlan {
  readonly name: string
  readonly required: boolean
  readonly media: MediaPlan
}

/** What a text may become, read off a schema. Where several fit, the schema's check decides. */
export type Shape =
  | { readonly kind: 'scalar'; readonly types: readonly ScalarType[] }
  | { readonly kind: 'array'; readonly items: Shape }
  | ObjectShape
  | { readonly kind: 'mixed'; readonly shapes: readonly Shape[] }

export interface ObjectShape {
  readonly kind: 'object'
  /** Name and shape, pairwise: a record would trip over `__proto__`. */
  readonly properties: readonly (readonly [string, Shape])[]
  /** Shape of properties that are not listed; undefined where the schema does not invite them. */
  readonly rest: Shape | undefined
}

export type ScalarType = 'string' | 'number' | 'integer' | 'boolean' | 'null'

/** Serialisable: what is known of a method of gRPC. */
export interface GrpcPlan {
  readonly pattern: GrpcPattern
  /** Who answers it in place of an upstream. */
  readonly answeredBy?: 'gateway'
}

/** Serialisable: how a request body is decoded and checked. */
export interface BodyPlan {
  readonly required: boolean
  /** In declared order; `range` may hold wildcards (`application/*`). */
  readonly media: readonly MediaPlan[]
}

export interface MediaPlan {
  /** Lower case, without parameters. */
  readonly range: string
  /** How it is read: `other` streams through unread. */
  readonly reader: 'json' | 'form' | 'multipart' | 'text' | 'items' | 'other'
  readonly schema: number | undefined
  /** For forms, and for the texts among the parts of multipart: how each property is written. */
  readonly fields: readonly FieldPlan[]
  /** Shape of fields that are not listed; undefined where the schema does not invite them. */
  readonly rest: Shape | undefined
  /** Of a text: what it becomes before it is checked. */
  readonly shape?: Shape
  readonly items?: ItemsPlan
  readonly parts?: PartsPlan
}

/** A body of many values, each checked by itself. */
export interface ItemsPlan {
  /** JSON Lines; RFC 7464; server-sent events; the items of one JSON array, which is held whole. */
  readonly framing: 'lines' | 'sequence' | 'events' | 'array'
  readonly schema: number | undefined
  /** Of events: what is said of the JSON that `data` holds, for each kind of them. */
  readonly data?: readonly EventDataPlan[]
}

/** Events that match `schema` hold `content` in their `data`; undefined: nothing is said of it. */
export interface EventDataPlan {
  readonly schema: number
  readonly content: number | undefined
}

/** How the parts of a multipart/form-data body are read. */
export interface PartsPlan {
  readonly listed: readonly PartPlan[]
  /** Of names that are not listed; undefined: there may be none. */
  readonly rest: Omit<PartPlan, 'name'> | undefined
}

export interface PartPlan {
  readonly name: string
  /** A file streams through unread; `any` is a file where it has a file's name or no text's type. */
  readonly as: 'text' | 'json' | 'file' | 'any'
  /** Whether several parts may have the name. */
  readonly many: boolean
  /** Media types that the part may have, wildcards too; empty: any that can be read so. */
  readonly types: readonly string[]
  /** Of a file. */
  readonly bytesMin: number
  readonly bytesMax: number | undefined
}

/** Serialisable: what a reply of one declared status may be. */
export interface ReplyPlan {
  /** `200`, `4XX` or `default`. */
  readonly status: string
  /** Empty where the contract declares no content. */
  readonly media: readonly MediaPlan[]
  readonly headers: readonly ParameterPlan[]
}

export interface FieldPlan {
  readonly name: string
  readonly style: Style
  readonly explode: boolean
  readonly shape: Shape
  readonly contentType: string | undefined
}

/** Every scheme of the set must be met. An empty set: anybody. */
export type SecurityAlternative = readonly SecurityUse[]

export interface SecurityUse extends Omit<SecurityScheme, 'place'> {
  readonly scheme: string
  readonly scopes: readonly string[]
}
