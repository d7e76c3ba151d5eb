// How levels of settings become what holds for one operation: defaults, configuration, document,
// path item, operation. Restrictions add up; what is looser inside must be named in `loosen`.
// Every key that somebody wrote is remembered, so that one without effect can be refused.
import { z } from 'zod'
import { type LimitName, type Limits, limitTable, type Place, type Problem } from '../base.ts'
import type { AnyPolicy, Audience, Mode, Registry } from '../policy.ts'
import type { PathForm } from '../route.ts'
import { complaints, pointerOf } from './complaints.ts'
import { jsonSchemaOf, type Settings } from './config.ts'

/** One place where settings stand. Its value has passed the schema of settings. */
export interface Level {
  readonly rank: 'configuration' | 'document' | 'path' | 'operation'
  /** Names the level in messages and keys of state. */
  readonly scope: string
  readonly value: Settings
  readonly locate: (pointer: string) => Place
}

/** A key that somebody wrote, and whether it decided anything. */
export interface Written {
  readonly name: string
  readonly place: () => Place
  effective: boolean
}

export interface PolicySetting {
  readonly policy: AnyPolicy
  readonly mode: Mode
  readonly config: unknown
  readonly scope: string
  /** Where it was written; undefined for a default. */
  readonly place: (() => Place) | undefined
  readonly origin: Origin | undefined
  readonly written: ReadonlyMap<string, Written>
}

/** Where its own keys stand, for names of files in them; a level that gives a mode alone has none. */
export interface Origin {
  readonly namedBy: 'configuration' | 'contract'
  /** Place of a pointer into the policy's configuration. */
  readonly locate: (pointer: string) => Place
}

/** What holds at one level. */
export interface Settled {
  /** By policy id; more than one only of a policy that stacks. */
  readonly policies: ReadonlyMap<string, readonly PolicySetting[]>
  /** All bounds in force. */
  readonly limits: Limits
  /** Of them, those that the contract wrote. */
  readonly ownLimits: Partial<Limits>
  readonly limitsWritten: ReadonlyMap<string, Written>
  readonly upstream: string | undefined
  readonly upstreamWritten: Written | undefined
  readonly pathForms: readonly PathForm[]
}

export interface Settling {
  readonly registry: Registry
  readonly audience: Audience
  readonly report: (problem: Problem) => void
  /** Everything written so far. */
  readonly written: Written[]
}

const modeRank: Record<Mode, number> = { off: 0, shadow: 1, enforce: 2 }

export function settle(outer: Settled, level: Level, settling: Settling): Settled {
  const loosened = new Set<string>()
  const work: Work = { outer, level, settling, loosened }
  const settled = {
    ...settleLimits(work),
    policies: settlePolicies(work),
    ...settleUpstream(work),
    pathForms: [...new Set([...outer.pathForms, ...(level.value.allowPathForms ?? [])])].sort(),
  }
  for (const [i, name] of (level.value.loosen ?? []).entries()) {
    if (!loosened.has(name)) {
      error(
        work,
        `/loosen/${i}`,
        `'loosen' names '${name}', but it is not looser here than outside`,
      )
    }
  }
  return settled
}

interface Work {
  readonly outer: Settled
  readonly level: Level
  readonly settling: Settling
  readonly loosened: Set<string>
}

function error({ level, settling }: Work, pointer: string, message: string): void {
  settling.report({ severity: 'error', message, place: level.locate(pointer) })
}

function note(work: Work, path: readonly string[]): Written {
  const { locate } = work.level
  const place = () => locate(pointerOf(path))
  const written: Written = { name: path.join('.'), place, effective: false }
  work.settling.written.push(written)
  return written
}

/** Whether `loosen` names it; where it does not, says what is looser. */
function mayLoosen(work: Work, id: string, pointer: string, what: string): boolean {
  if (work.level.value.loosen?.includes(id) === true) {
    work.loosened.add(id)
    return true
  }
  error(
    work,
    pointer,
    `'${id}' is looser here than outside: ${what}; if you mean it, add 'loosen: [${id}]'`,
  )
  return false
}

/** The level that first writes for the whole API may replace a default; others only tighten. */
const isForWholeApi = ({ level }: Work): boolean =>
  level.rank === 'configuration' || level.rank === 'document'

function settleLimits(work: Work): Pick<Settled, 'limits' | 'ownLimits' | 'limitsWritten'> {
  const { outer, level } = work
  const own = level.value.limits ?? {}
  const limitsWritten = new Map(outer.limitsWritten)
  for (const [name, value] of Object.entries(own) as [LimitName, number][]) {
    const isFree = isForWholeApi(work) && !outer.limitsWritten.has(name)
    const before = outer.limits[name]
    // Every bound that may stand in a contract is an upper one: larger is looser.
    if (!isFree && value > before) {
      const unit = limitTable[name].unit
      mayLoosen(work, name, `/limits/${name}`, `${value} in place of ${before} ${unit}`)
    }
    limitsWritten.set(name, note(work, ['limits', name]))
  }
  const isOwn = level.rank !== 'configuration'
  return {
    limits: { ...outer.limits, ...own },
    ownLimits: isOwn ? { ...outer.ownLimits, ...own } : outer.ownLimits,
    limitsWritten,
  }
}

function settleUpstream(work: Work): Pick<Settled, 'upstream' | 'upstreamWritten'> {
  const { upstream } = work.level.value
  if (upstream !== undefined) return { upstream, upstreamWritten: note(work, ['upstream']) }
  const { outer } = work
  return { upstream: outer.upstream, upstreamWritten: outer.upstreamWritten }
}

function settlePolicies(work: Work): Settled['policies'] {
  const { outer, level, settling } = work
  if (level.value.policies === undefined) return outer.policies
  const settled = new Map(outer.policies)
  for (const [id, value] of Object.entries(level.value.policies)) {
    if (value === undefined) continue
    const policy = settling.registry.byId.get(id)!
    const inside = settlePolicy(work, policy, value)
    if (inside !== undefined) settled.set(id, stacked(work, policy, inside))
  }
  return settled
}

/** What this level makes of the policy: its own keys over those outside. */
function settlePolicy(work: Work, policy: AnyPolicy, value: unknown): PolicySetting | undefined {
  const { outer, level, settling } = work
  const outside = outer.policies.get(policy.id)?.at(-1)
  const path = ['policies', policy.id]
  const { mode = inheritedMode(policy, outside), ...keys } = isRecord(value) ? value : {}
  const base = outside?.config ?? policy.defaultFor(settling.audience)
  if (base === undefined && mode === 'off' && Object.keys(keys).length === 0) {
    const why = `the audience ${settling.audience} has none to switch off`
    error(work, pointerOf(path), `'${path.join('.')}' has no effect here: ${why}`)
    return undefined
  }
  const hasKeys = !isRecord(value) || Object.keys(keys).length > 0
  const below = policy.standsAlone === true && hasKeys ? undefined : base
  const merged = isRecord(value) ? over(below, keys) : value
  const parsed = schemaOf(policy).safeParse(merged)
  if (!parsed.success) {
    for (const one of complaintsOf(parsed.error, work, policy, merged)) settling.report(one)
    return undefined
  }
  const written = new Map(policy.stacks === true ? [] : outside?.written)
  const names = isRecord(value) ? Object.keys(value) : []
  for (const key of names) written.set(key, note(work, [...path, key]))
  if (names.length === 0) written.set('', note(work, path))
  return {
    policy,
    mode: mode as Mode,
    config: parsed.data,
    scope: level.scope,
    place: () => level.locate(pointerOf(path)),
    origin: hasKeys || outside === undefined ? originOf(level, pointerOf(path)) : outside.origin,
    written,
  }
}

function originOf({ rank, locate }: Level, above: string): Origin {
  return {
    namedBy: rank === 'configuration' ? 'configuration' : 'contract',
    locate: (pointer) => locate(above + pointer),
  }
}

const schemas = new WeakMap<AnyPolicy, z.ZodType>()

/** Made once: 100,000 operations with settings of their own took 34 s of CPU, and take 18. */
function schemaOf(policy: AnyPolicy): z.ZodType {
  const known = schemas.get(policy) ?? policy.schema(z)
  schemas.set(policy, known)
  return known
}

function complaintsOf(
  failure: z.ZodError,
  { level }: Work,
  policy: AnyPolicy,
  value: unknown,
): Problem[] {
  const above = pointerOf(['policies', policy.id])
  const subject = `'policies.${policy.id}'`
  const jsonSchema = () => jsonSchemaOf(schemaOf(policy))
  const locate = (pointer: string) => level.locate(above + pointer)
  return complaints(failure.issues, { value, subject, jsonSchema, locate })
}

function over(base: unknown, keys: Readonly<Record<string, unknown>>): unknown {
  if (Object.keys(keys).length === 0 && base !== undefined) return base
  return isRecord(base) ? { ...base, ...keys } : keys
}

/** One more of what is off outside is not off itself. */
function inheritedMode(policy: AnyPolicy, outside: PolicySetting | undefined): Mode {
  if (outside === undefined || (policy.stacks === true && outside.mode === 'off')) return 'enforce'
  return outside.mode
}

/** The settings of this policy in force here: one, or those outside and one more. */
function stacked(work: Work, policy: AnyPolicy, inside: PolicySetting): readonly PolicySetting[] {
  const all = work.outer.policies.get(policy.id) ?? []
  const outside = policy.stacks === true ? all.filter(({ mode }) => mode !== 'off') : all
  const isFree = isForWholeApi(work) && outside.every(({ place }) => place === undefined)
  if (isFree || outside.length === 0) return [inside]
  const pointer = pointerOf(['policies', policy.id])
  if (policy.stacks !== true) {
    const what = looser(outside[0]!, inside)
    if (what !== undefined) mayLoosen(work, policy.id, pointer, what)
    return [inside]
  }
  if (work.level.value.loosen?.includes(policy.id) === true) {
    work.loosened.add(policy.id)
    return [inside]
  }
  if (inside.mode !== 'off') return [...outside, inside]
  mayLoosen(work, policy.id, pointer, 'it is off')
  return [inside]
}

function looser(outside: PolicySetting, inside: PolicySetting): string | undefined {
  if (modeRank[inside.mode] < modeRank[outside.mode]) {
    return `mode ${inside.mode} in place of ${outside.mode}`
  }
  return outside.mode === 'off' ? undefined : outside.policy.looser?.(outside.config, inside.config)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
