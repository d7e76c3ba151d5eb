// The settings that reach each operation, level by level. What many operations share is settled
// once: operations without settings of their own all get the same object.
import type { Documents, Limits } from '../base.ts'
import type { Contract, Operation, Setting } from '../contract.ts'
import type { AnyPolicy } from '../policy.ts'
import { checkedBy } from './complaints.ts'
import { schemasFor } from './config.ts'
import { authDefault, unknownSchemes } from './schemes.ts'
import { type Level, type PolicySetting, settle, type Settled, type Settling } from './settings.ts'

/** What holds where nobody wrote anything. */
export function startingPoint(
  { audience, registry }: Pick<Settling, 'audience' | 'registry'>,
  limits: Limits,
  hasConfiguration: boolean,
): Settled {
  const settings = registry.policies.flatMap((policy) => {
    const { id } = policy
    const config = id === 'auth' ? authDefault(hasConfiguration) : policy.defaultFor(audience)
    return config === undefined ? [] : [[id, [defaultSetting(policy, config)]] as const]
  })
  return {
    policies: new Map(settings),
    limits,
    ownLimits: {},
    limitsWritten: new Map(),
    upstream: undefined,
    upstreamWritten: undefined,
    pathForms: [],
  }
}

function defaultSetting(policy: AnyPolicy, config: unknown): PolicySetting {
  return {
    policy,
    mode: 'enforce',
    config,
    scope: 'api',
    place: undefined,
    origin: undefined,
    written: new Map(),
  }
}

export interface LevelSources {
  readonly contract: Contract
  readonly documents: Documents
  readonly settling: Settling
}

/** Gives a function that settles an operation's own levels over those of the whole API. */
export function settler(
  api: Settled,
  sources: LevelSources,
): (operation: Pick<Operation, 'settings' | 'template' | 'id'>) => Settled {
  const known = new Map<string, Settled>()
  return ({ settings, template, id }) => {
    let settled = api
    let key = ''
    for (const setting of settings) {
      key += `${setting.uri}#${setting.pointer}\n`
      const before = known.get(key)
      settled = before ?? settleOne(settled, setting, scopeOf(setting, template, id), sources)
      if (before === undefined) known.set(key, settled)
    }
    return settled
  }
}

function scopeOf({ level }: Setting, template: string, id: string): string {
  if (level === 'document') return 'document'
  return level === 'path' ? `path ${template}` : `operation ${id}`
}

function settleOne(outer: Settled, setting: Setting, scope: string, sources: LevelSources) {
  const level = readLevel(setting, scope, sources)
  if (level === undefined) return outer
  for (const problem of unknownSchemes(level, sources.contract)) sources.settling.report(problem)
  return settle(outer, level, sources.settling)
}

function readLevel(setting: Setting, scope: string, sources: LevelSources): Level | undefined {
  const { documents, settling } = sources
  const locate = (pointer: string) => documents.locate(setting.uri, setting.pointer + pointer)
  const { settings, settingsJson } = schemasFor(settling.registry)
  const checked = checkedBy(settings, {
    value: setting.value,
    subject: "'x-concordat'",
    jsonSchema: settingsJson,
    locate,
  })
  if ('data' in checked) return { rank: setting.level, scope, value: checked.data, locate }
  for (const problem of checked.problems) settling.report(problem)
  return undefined
}
