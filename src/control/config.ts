// The one schema of `concordat.yaml` and of `x-concordat`. From it come the types, the published
// JSON Schema, the documentation and every message about a setting.
import { z } from 'zod'
import { keeping, limitTable, type LimitName, workersMax } from '../base.ts'
import { cidrProblem } from '../http.ts'
import { ownRegistry, type Registry } from '../policy.ts'
import { acmeSchema } from './acme-settings.ts'
import { deploymentDefaults } from './defaults.ts'

const modes = {
  refusing: z
    .enum(['enforce', 'shadow', 'off'])
    .describe('refuse; let through and count what would be refused; nothing'),
  // What refuses nothing has nothing to count in shadow.
  finishing: z.enum(['enforce', 'off']).describe('whether it is in force'),
}

/** A policy as one level may write it: some of its keys, and a mode. */
function atOneLevel(schema: z.ZodType, mode: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) return bare(schema).partial().extend({ mode: mode.optional() })
  if (!(schema instanceof z.ZodUnion)) return schema
  return z.union(schema.options.map((one) => atOneLevel(one as z.ZodType, mode)))
}

const policySettingsFor = ({ policies }: Registry) =>
  z
    .strictObject(
      Object.fromEntries(
        policies.map(({ id, about, phase, schema }) => {
          const mode = phase === 'finish' ? modes.finishing : modes.refusing
          return [id, atOneLevel(schema(z), mode).optional().describe(about)]
        }),
      ),
    )
    .describe('policies by id')

const policySettings = policySettingsFor(ownRegistry)

/**
 * The same keys without what is said of them together, for a level need not have them all, and
 * without defaults: what a level leaves out it takes from the level outside.
 */
function bare({ shape, def: { catchall } }: z.ZodObject): z.ZodObject {
  const written = Object.entries(shape).map(([key, one]) => [key, withoutDefault(one)])
  const keys = z.strictObject(Object.fromEntries(written) as z.ZodRawShape)
  return catchall === undefined ? keys : keys.catchall(catchall)
}

function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? schema.unwrap()
    : schema
}

function limitSettings(belongs: (name: LimitName) => boolean) {
  const names = (Object.keys(limitTable) as LimitName[]).filter(belongs)
  return z.strictObject(
    Object.fromEntries(
      names.map((name) => {
        const { min, max, unit, about, default: value } = limitTable[name]
        const text = `${about} (${unit}; default ${value})`
        return [name, z.int().min(min).max(max).optional().describe(text)]
      }),
    ),
  )
}

const pathForm = z.enum([
  'encodedSlash',
  'encodedBackslash',
  'encodedDot',
  'emptySegments',
  'trailingSlash',
])

/** What may stand under `x-concordat` on a document, a path item or an operation. */
const settingsSchema = z.strictObject({
  policies: policySettings.optional(),
  limits: limitSettings((name) => limitTable[name].scope === 'operation')
    .optional()
    .describe('bounds of these operations'),
  upstream: z.string().optional().describe('name of the upstream that serves these operations'),
  allowPathForms: z
    .array(pathForm)
    .optional()
    .describe('lenient forms of the path that these operations accept'),
  loosen: z
    .array(z.string())
    .optional()
    .describe('policies and limits that may be looser here than outside'),
})

const host = z.string().min(1)
const port = z.int().min(0).max(65_535)

const durationMs = (max: number) => z.int().min(0).max(max)

const file = z.string().min(1)

const tls = z.strictObject({
  ca: z
    .union([file, z.array(file).min(1).max(100)])
    .optional()
    .describe("PEM files of the CAs that are believed, in place of the system's"),
  cert: file.optional().describe("PEM file of the client's certificate, its chain behind it"),
  key: file.optional().describe('PEM file of the private key to it, without a passphrase'),
  serverName: z
    .string()
    .optional()
    .describe("name that is asked for and must be proved, in place of the endpoint's host"),
})

const upstream = z.strictObject({
  endpoints: z
    .array(z.string())
    .min(1)
    .max(1_000)
    .describe('addresses, such as http://10.0.0.7:3000, https://api.test or unix:/run/app.sock'),
  http: z
    .literal([1, 2])
    .optional()
    .describe(
      'version of HTTP that endpoints are spoken to in (default 1); with 2 an https one may choose',
    ),
  preserveHost: z
    .boolean()
    .default(false)
    .describe("send the client's Host on, in place of the endpoint's own"),
  tls: tls
    .optional()
    .describe('how https endpoints are verified, and what is shown to them; files are relative'),
  proxyProtocol: z
    .enum(['v1', 'v2'])
    .optional()
    .describe('tell endpoints who the client is before all else: a connection for each request'),
})

const certificate = z.strictObject({
  cert: file.describe('PEM file of the certificate, its chain behind it'),
  key: file.describe('PEM file of the private key to it, without a passphrase'),
})

const listenerTls = z.strictObject({
  certificates: z
    .array(certificate)
    .min(1)
    .max(1_000)
    .optional()
    .describe('by the names in them; the first for all other names; files are relative to this'),
  acme: acmeSchema
    .optional()
    .describe('certificates that an authority gives by itself, and that are renewed'),
})

const listener = z.strictObject({
  host: host.default(deploymentDefaults.listen.host).describe('address to listen on'),
  port: port.default(deploymentDefaults.listen.port).describe('0: any free port'),
  tls: listenerTls.optional().describe('what it proves itself by: it is https'),
  http3: z
    .union([z.boolean(), z.strictObject({ seenPort: port.describe('the port that clients see') })])
    .default(false)
    .describe('whether it serves HTTP/3 too, on UDP: needs the package concordat-http3'),
  redirect: z
    .literal('https')
    .optional()
    .describe('every request is sent (308) to the first listener with tls'),
  proxyProtocol: z
    .boolean()
    .default(false)
    .describe('whether each connection begins with a PROXY header (v1 or v2) of a trusted hop'),
})

export type Listener = z.infer<typeof listener>

export const configSchema = z.strictObject({
  contract: z
    .string()
    .optional()
    .describe('the OpenAPI document or descriptor set, relative to this file'),
  overlays: z
    .array(z.string())
    .default([])
    .describe('OpenAPI Overlays that are applied to the contract, in order, relative to this file'),
  audience: z
    .enum(['public', 'partner', 'internal'])
    .default(deploymentDefaults.audience)
    .describe('who calls the API: decides every default that is not written'),
  listen: z
    .union([listener, z.array(listener).min(1).max(16)])
    .prefault({})
    .describe('where the API is served: one listener, or a list of them'),
  admin: z
    .strictObject({
      host: host.default(deploymentDefaults.admin.host).describe('address to listen on'),
      port: port.default(deploymentDefaults.admin.port).describe('0: any free port'),
      allowedHosts: z
        .array(z.string())
        .default([])
        .describe('names that the admin port answers to beside its own address'),
    })
    .prefault({})
    .describe('where metrics and health are served'),
  hosts: z.array(z.string().min(1)).default([]).describe('hosts that are served; none: every host'),
  trustedHops: z
    .array(z.string().superRefine(refuseProblem(cidrProblem)))
    .default([])
    .describe('addresses and CIDR ranges of proxies whose Forwarded fields count'),
  forwardAuth: z
    .boolean()
    .default(false)
    .describe('whether proxies of trusted hops may ask under /.concordat/auth what they may pass'),
  upstreams: z
    .record(z.string().regex(/^[\w.-]{1,64}$/), upstream)
    .default({})
    .describe('services by name'),
  upstream: z.string().optional().describe('name of the upstream that serves what names none'),
  limits: limitSettings(() => true)
    .default({})
    .describe('bounds'),
  customPolicies: z
    .array(z.string())
    .max(100)
    .default([])
    .describe(
      'policies of your own: TypeScript files, each called as its policy, relative to this',
    ),
  policies: policySettings.default({}),
  errors: z
    .strictObject({
      form: z
        .enum(['concordat', 'problem'])
        .default('concordat')
        .describe('form of refusals: our own, or application/problem+json (RFC 9457)'),
      docs: z
        .url({
          protocol: /^https?$/,
          error: 'expected an address such as https://docs.test/faults#',
        })
        .optional()
        .describe('where faults are explained; the code is appended'),
    })
    .prefault({})
    .describe('what refusals look like'),
  log: z
    .strictObject({
      access: z
        .string()
        .min(1)
        .default(deploymentDefaults.log.access)
        .describe('where each exchange leaves a line: stdout, a file relative to this one, or off'),
      redact: z
        .array(z.string())
        .default([])
        .describe('path parameters whose values stay out of the log'),
    })
    .prefault({})
    .describe('the access log'),
  drain: z
    .strictObject({
      noticeMs: durationMs(300_000)
        .default(deploymentDefaults.drain.noticeMs)
        .describe('how long it says that it is not ready, and still serves'),
      timeoutMs: durationMs(86_400_000)
        .default(deploymentDefaults.drain.timeoutMs)
        .describe('how long exchanges under way may take to end, after that'),
    })
    .prefault({})
    .describe('how it ends on SIGTERM'),
  workers: z
    .int()
    .min(0)
    .max(workersMax)
    .optional()
    .describe('threads that serve beside the main one (one for each core); 0: the main one serves'),
})

export type Config = z.infer<typeof configSchema>

export type Settings = z.infer<typeof settingsSchema>

/** Both schemas, with the settings of just these policies. */
export interface Schemas {
  readonly config: typeof configSchema
  readonly configJson: () => object
  readonly settings: typeof settingsSchema
  readonly settingsJson: () => object
}

/** Made once for a registry: a large contract asks thousands of times. */
export const schemasFor: (registry: Registry) => Schemas = keeping((registry: Registry) => {
  const policies = registry === ownRegistry ? policySettings : policySettingsFor(registry)
  const config = configSchema.extend({ policies: policies.default({}) })
  const settings = settingsSchema.extend({ policies: policies.optional() })
  return {
    config,
    configJson: once(() => ({ title: 'concordat.yaml', ...jsonSchemaOf(config) })),
    settings,
    settingsJson: once(() => ({ title: 'x-concordat', ...jsonSchemaOf(settings) })),
  }
})

/** What it takes; what JSON Schema has no words for takes anything. */
export const jsonSchemaOf = (schema: z.ZodType): object =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })

/** What another room finds wrong with a text, as a complaint of the schema. */
function refuseProblem(problemOf: (text: string) => string | undefined) {
  return (text: string, context: z.RefinementCtx) => {
    const message = problemOf(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  }
}

/** Making one takes a millisecond or two, and a hostile contract has many reasons to ask. */
function once(make: () => object): () => object {
  let made: object | undefined
  return () => (made ??= make())
}

/** One of them is written without a list. */
export const listenersIn = ({ listen }: Pick<Config, 'listen'>): readonly Listener[] =>
  Array.isArray(listen) ? listen : [listen]
