// The join: operations of the contract, settings of every level, policies, routes and upstreams
// become one plan. Deterministic: the same input gives the same plan. What operations have in
// common is one object, so that a hundred thousand of them stay bearable.
import { hash } from 'node:crypto'
import { type Documents, type LimitName, limitsWith } from '../base.ts'
import type { Place, Problem } from '../base.ts'
import type { Contract, Operation } from '../contract.ts'
import type { NamedFiles } from '../load.ts'
import { type Mode, ownRegistry, type PolicyPlan, type Registry } from '../policy.ts'
import { conflicts, hostProblem, type RoutePlan, routesProblem, templateProblem } from '../route.ts'
import {
  encodeSnapshot,
  type OperationPlan,
  sealSnapshot,
  type SnapshotCode,
  type SnapshotPlan,
} from '../snapshot.ts'
import type { UpstreamPlan } from '../upstream.ts'
import { bodyHandling, bodyUse, limitMatters } from './bodies.ts'
import type { Deployment } from './build-types.ts'
import type { Config } from './config.ts'
import { deploymentDefaults } from './defaults.ts'
import { grpcProblems, grpcServices, limitsOf } from './grpc.ts'
import { settler, startingPoint } from './levels.ts'
import { memoryNote, stateNeeds } from './memory.ts'
import type { Origins } from './origins.ts'
import { PolicyPlans } from './policy-plans.ts'
import { checkListeners, listenerPlans } from './listeners.ts'
import { errorAt, problemList, type ProblemList } from './problem-list.ts'
import { unboundNote, unknownSchemes } from './schemes.ts'
import { type Level, settle, type Settled, type Settling } from './settings.ts'
import { suggestion } from './suggest.ts'
import { commandLine, compileUpstreams } from './upstreams.ts'

export interface CompileInput {
  readonly contract: Contract
  readonly documents: Documents
  /** The configuration, checked, and where its keys stand; undefined without one. */
  readonly config: WrittenConfig | undefined
  /** The policies that settings may name; ours, where nothing is given. */
  readonly registry?: Registry
  /** What workers run of those that are not ours. */
  readonly code?: SnapshotCode | undefined
  /** Files that settings name. */
  readonly files: Pick<NamedFiles, 'read'>
  readonly to: readonly string[]
  readonly inProcess?: boolean | undefined
  readonly standIn?: string | undefined
  readonly deployment: Deployment
  readonly upstreamNeeded: boolean
  /** By which certificates have expired or not; now where nothing is said. */
  readonly epochMs?: number
}

export interface WrittenConfig {
  readonly value: Config
  readonly locate: (pointer: string) => Place
}

export interface Compiled {
  /** Undefined where a problem is an error. */
  readonly plan: SnapshotPlan | undefined
  /** The plan as bytes. */
  readonly snapshot: Uint8Array | undefined
  /** Where what the plan says was written. */
  readonly origins?: Origins
  readonly problems: readonly Problem[]
}

/** What the compiling of every operation shares. */
interface Work {
  readonly input: CompileInput
  readonly problems: ProblemList
  readonly settling: Settling
  readonly upstreams: readonly UpstreamPlan[]
  readonly upstreamsUsed: Set<number>
  readonly share: <T>(value: T) => T
  readonly plans: PolicyPlans
}

export function compileSnapshot(input: CompileInput): Compiled {
  const problems = problemList()
  const work = startWork(input, problems)
  const settledOf = settler(settleApi(work), { ...input, settling: work.settling })
  const settled = input.contract.operations.map(settledOf)
  if (input.config === undefined) {
    const note = unboundNote(input.contract, settled)
    if (note !== undefined) problems.report(note)
  }
  const operations = input.contract.operations.map((operation, i) =>
    compileOperation(operation, settled[i]!, work),
  )
  reportGrpc(operations, work)
  // Now that policies have asked for the replies that they need.
  const { schemas, problems: ofContract } = input.contract.finish()
  for (const problem of ofContract) problems.report(problem)
  const routes = compileRoutes(settled, work)
  const settings = input.contract.documentSettings
  const { admit, finish } = work.plans.ofNone(settledOf({ settings, template: '', id: '' }))
  const plans = [...operations.flatMap(({ policies: each }) => each), ...admit, ...finish]
  const states = stateNeeds(plans, work.settling.registry)
  const memory = memoryNote(states, input.documents.locate(input.documents.root, ''))
  if (memory !== undefined) problems.report(memory)
  // With the contract half read, what nobody uses may only look so.
  if (!problems.hasErrors()) reportIneffective(work)
  const said = problems.all()
  if (problems.hasErrors()) return { plan: undefined, snapshot: undefined, problems: said }
  return {
    ...assemble(operations, { routes, admit, finish, states, schemas }, work),
    problems: said,
  }
}

function startWork(input: CompileInput, problems: ProblemList): Work {
  const { config, deployment } = input
  const { report } = problems
  const audience = config?.value.audience ?? deploymentDefaults.audience
  const locate = config?.locate ?? (() => commandLine('--to'))
  const settling = { registry: input.registry ?? ownRegistry, audience, report, written: [] }
  const share = sharing()
  const plans = new PolicyPlans({ settling, share, files: input.files })
  const blob: PolicyPlans['blob'] = (key, make) => plans.blob(key, make)
  const epochMs = input.epochMs ?? Date.now()
  const sources = { ...input, config: config?.value, locate, report, blob, epochMs }
  const upstreams = compileUpstreams(sources)
  if (upstreams.length === 0 && input.upstreamNeeded) {
    const message = "no upstream: give '--to URL', or 'upstreams' in the configuration"
    report(errorAt(locate(''), message))
  }
  const { listen, admin } = deployment
  if (
    admin.port !== 0 &&
    listen.some(({ host, port }) => port === admin.port && host === admin.host)
  ) {
    const place = config === undefined ? commandLine('--admin-port') : locate('/admin')
    report(errorAt(place, `port ${admin.port} is to serve both the API and the admin`))
  }
  return { input, problems, settling, upstreams, upstreamsUsed: new Set(), share, plans }
}

/** The settings of the whole API: defaults, and the configuration over them. */
function settleApi({ input, settling }: Work): Settled {
  const { config, contract } = input
  const limits = limitsWith({})
  const start = startingPoint(settling, limits, config !== undefined)
  if (config === undefined) return start
  const level = configurationLevel(config)
  for (const problem of unknownSchemes(level, contract)) settling.report(problem)
  const settled = settle(start, level, settling)
  // Bounds of the gateway hold whatever the operations are.
  for (const written of settled.limitsWritten.values()) written.effective = true
  checkHosts(config, settling)
  checkLog(config, settling)
  checkListeners(input.deployment.listen, config.value, { ...settling, locate: config.locate })
  checkForwardAuth(config, settling)
  return settled
}

function configurationLevel({ value, locate }: WrittenConfig): Level {
  const { policies: written, limits, upstream } = value
  const settings = { policies: written, limits, upstream }
  return { rank: 'configuration', scope: 'api', value: settings, locate }
}

function checkHosts({ value, locate }: WrittenConfig, { report }: Settling): void {
  for (const [i, host] of value.hosts.entries()) {
    const message = hostProblem(host)
    if (message !== undefined) report(errorAt(locate(`/hosts/${i}`), message))
  }
}

function checkLog({ value, locate }: WrittenConfig, { report }: Settling): void {
  if (value.log.access !== 'off' || value.log.redact.length === 0) return
  const message = "'log.redact' has no effect here: 'log.access' is off"
  report(errorAt(locate('/log/redact'), message))
}

/** What is asked about stands in fields that only a trusted hop is believed. */
function checkForwardAuth({ value, locate }: WrittenConfig, { report }: Settling): void {
  if (!value.forwardAuth || value.trustedHops.length > 0) return
  const message = "nobody could ask: name in 'trustedHops' which proxies do"
  report(errorAt(locate('/forwardAuth'), message))
}

function compileOperation(operation: Operation, settled: Settled, work: Work): OperationPlan {
  const { share } = work
  const modes = {
    requests: modeOf(settled, 'validation'),
    replies: modeOf(settled, 'reply-validation'),
  }
  const handling = bodyHandling(operation, modes.requests)
  const use = bodyUse(operation, handling, modes)
  for (const [name, written] of settled.limitsWritten) {
    if (limitMatters(name as LimitName, use)) written.effective = true
  }
  return {
    id: operation.id,
    method: operation.method,
    template: `${operation.basePaths[0] ?? ''}${operation.template}`,
    upstream: operation.grpc?.answeredBy ? -1 : upstreamOf(operation, settled, work),
    limits: share(limitsOf(operation.grpc, settled)),
    ...(operation.grpc && { grpc: operation.grpc }),
    ...handling,
    bodyTypes: share(handling.bodyTypes),
    heldTypes: share(handling.heldTypes),
    replyTypes: share(handling.replyTypes),
    statuses: share(operation.statuses),
    policies: onTheWay(work.plans.ofOperation(operation, settled), work),
  }
}

function reportGrpc(operations: readonly OperationPlan[], { input, problems, upstreams }: Work) {
  const { config, standIn, to } = input
  const isWritten = config !== undefined && to.length === 0 && standIn === undefined
  const placeOf = ({ name }: UpstreamPlan) =>
    isWritten ? config.locate(`/upstreams/${name}`) : commandLine(to[0] ?? 'the service')
  const found = grpcProblems({ operations, upstreams, placeOf, isMock: standIn !== undefined })
  for (const problem of found) problems.report(problem)
}

/** Who stands in for a service knows the paths of the contract, and no others. */
const onTheWay = (plans: readonly PolicyPlan[], { input }: Work): readonly PolicyPlan[] =>
  input.standIn === undefined ? plans : plans.filter(({ policy }) => policy !== 'rewrite')

const modeOf = (settled: Settled, id: string): Mode => settled.policies.get(id)?.[0]?.mode ?? 'off'

function upstreamOf(operation: Operation, settled: Settled, work: Work): number {
  const { upstreams, input, upstreamsUsed, problems } = work
  const { upstream: name, upstreamWritten } = settled
  if (upstreamWritten !== undefined) upstreamWritten.effective = true
  const isOnlyOne = upstreams.length <= 1 && (name === undefined || input.to.length > 0)
  const index = isOnlyOne ? 0 : upstreams.findIndex((one) => one.name === name)
  upstreamsUsed.add(index)
  if (index >= 0 || (upstreams.length === 0 && !input.upstreamNeeded)) return Math.max(0, index)
  const known = upstreams.map((one) => one.name)
  const message =
    name === undefined
      ? `several upstreams and none chosen: say 'upstream' (one of ${known.join(', ')})`
      : `there is no upstream '${name}'${suggestion(name, known)}`
  problems.report(errorAt(upstreamWritten?.place() ?? operation.place, message))
  return 0
}

function compileRoutes(settled: readonly Settled[], { input, problems }: Work): RoutePlan[] {
  const { contract, documents } = input
  const { operations } = contract
  const routes = operations.flatMap((operation, i) => routesOf(operation, i, settled[i]!))
  const found: Problem[] = []
  for (const { template, operation } of routes) {
    const message = templateProblem(template)
    if (message !== undefined) found.push(errorAt(operations[operation]!.place, message))
  }
  for (const { second, why } of conflicts(routes)) {
    found.push(errorAt(operations[routes[second]!.operation]!.place, why))
  }
  const tangle = found.length === 0 ? routesProblem(routes) : undefined
  if (tangle !== undefined) found.push(errorAt(documents.locate(documents.root, '/paths'), tangle))
  for (const problem of [...found, ...traceNotes(operations)]) problems.report(problem)
  return routes
}

/** TRACE would show a script the credentials that the browser added (RFC 9110 §9.3.8). */
function traceNotes(operations: readonly Operation[]): Problem[] {
  const message = 'TRACE is never forwarded: this operation is always answered 405'
  return operations
    .filter(({ method }) => method === 'TRACE')
    .map(({ place }) => ({ severity: 'warning', message, place }))
}

function routesOf(operation: Operation, index: number, { pathForms }: Settled): RoutePlan[] {
  const inStyle = (style: string) =>
    operation.parameters.filter((one) => one.in === 'path' && one.style === style)
  const matrix = inStyle('matrix').map(({ name }) => name)
  const label = inStyle('label').map(({ name }) => name)
  return operation.basePaths.map((basePath) => ({
    method: operation.method,
    template: `${basePath}${operation.template}`,
    operation: index,
    allow: pathForms,
    ...(matrix.length > 0 ? { matrix } : {}),
    ...(label.length > 0 ? { label } : {}),
  }))
}

/** Policies that hold only where the contract declares something, and what that is. */
const declaredFor: Readonly<Record<string, string>> = {
  websocket: 'declares 101',
  'event-stream': 'declares a reply of text/event-stream',
}

/** Settings that decide nothing are refused: somebody believes that they do. */
function reportIneffective({ settling, upstreams, upstreamsUsed, input, problems }: Work): void {
  for (const { name, place, effective } of settling.written) {
    if (effective) continue
    const needed = declaredFor[name.split('.')[1] ?? ''] ?? 'needs it'
    const why = `nothing that it reaches ${needed}, or inner settings replace it`
    problems.report(errorAt(place(), `'${name}' has no effect here: ${why}`))
  }
  reportUnset(settling, input)
  if (input.contract.operations.length === 0) {
    const place = input.documents.locate(input.documents.root, '')
    const message = 'the contract has no operation: each request will be a 404'
    problems.report({ severity: 'warning', message, place })
    return
  }
  if (input.to.length > 0) return
  for (const [i, { name }] of upstreams.entries()) {
    if (upstreamsUsed.has(i)) continue
    const place = input.config!.locate(`/upstreams/${name}`)
    problems.report(errorAt(place, `no operation uses the upstream '${name}'`))
  }
}

function reportUnset({ registry, written, audience, report }: Settling, { config }: CompileInput) {
  const custom = registry.policies.slice(ownRegistry.policies.length)
  for (const [i, { id, defaultFor }] of custom.entries()) {
    const isSet = written.some(({ name }) => `${name}.`.startsWith(`policies.${id}.`))
    if (isSet || defaultFor(audience) !== undefined) continue
    const place = config!.locate(`/customPolicies/${i}`)
    report(errorAt(place, `'${id}' has no effect: nothing says it under 'policies'`))
  }
}

function assemble(
  operations: readonly OperationPlan[],
  { routes, ...others }: Pick<SnapshotPlan, 'routes' | 'admit' | 'finish' | 'states' | 'schemas'>,
  { input, settling, upstreams, plans }: Work,
): Pick<Compiled, 'plan' | 'snapshot' | 'origins'> {
  const { config, contract, deployment } = input
  const listeners = listenerPlans(deployment.listen, config?.value)
  const plan: SnapshotPlan = {
    revision: '',
    title: contract.title,
    audience: settling.audience,
    errorForm: config?.value.errors.form ?? 'concordat',
    faultDocs: config?.value.errors.docs,
    hosts: config?.value.hosts ?? [],
    trustedHops: config?.value.trustedHops ?? [],
    ...(config?.value.forwardAuth === true ? { forwardAuth: true } : {}),
    ...(listeners === undefined ? {} : { listeners }),
    ...grpcServices(operations),
    limits: limitsWith(config?.value.limits ?? {}),
    routes,
    operations,
    upstreams,
    blobs: plans.blobs,
    ...(input.code && { code: input.code }),
    ...others,
  }
  const snapshot = encodeSnapshot(plan)
  const revision = hash('sha256', snapshot)
  sealSnapshot(snapshot, revision)
  return { plan: { ...plan, revision }, snapshot, origins: plans.origins }
}

/** Gives back the first of equal values, so that equal parts of a plan are one object. */
function sharing(): <T>(value: T) => T {
  const known = new Map<string, unknown>()
  return <T>(value: T): T => {
    const key = JSON.stringify(value)
    const before = known.get(key)
    if (before === undefined) known.set(key, value)
    return (before ?? value) as T
  }
}
