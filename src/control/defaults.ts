// The defaults: what holds where nothing is written, by audience. One table for the command line
// and the docs, read off the same places that the compiler reads.
import { limitTable, type LimitName } from '../base.ts'
import { type Audience, policies } from '../policy.ts'

export const deploymentDefaults = {
  audience: 'public',
  listen: { host: '127.0.0.1', port: 8080 },
  admin: { host: '127.0.0.1', port: 9090 },
  log: { access: 'stdout' },
  drain: { noticeMs: 2_000, timeoutMs: 30_000 },
} as const

export interface DefaultsRow {
  readonly kind: 'setting' | 'policy' | 'limit'
  /** As it is written in the configuration: `listen.port`, `limit.burstMax`, `headBytesMax`. */
  readonly name: string
  /** Empty where the value has none. */
  readonly unit: string
  /** The value as text; `off` for a policy that is absent. */
  readonly value: Readonly<Record<Audience, string>>
  readonly about: string
}

const audiences: readonly Audience[] = ['public', 'partner', 'internal']

/** An object among the keys of a policy: its names alone in one row, or a row for each of them. */
export type DefaultsForm = 'names' | 'rows'

export function defaultsTable(form: DefaultsForm = 'names'): readonly DefaultsRow[] {
  return [...settingRows(), ...policies.flatMap((one) => policyRows(one, form)), ...limitRows()]
}

function settingRows(): DefaultsRow[] {
  const { audience, listen, admin, log, drain } = deploymentDefaults
  return [
    row('audience', audience, 'who calls the API, where nothing says so'),
    row('listen', `${listen.host}:${listen.port}`, 'where the API is served'),
    row('admin', `${admin.host}:${admin.port}`, 'where metrics and health are served'),
    row('workers', 'one for each core', 'threads that serve beside the main one'),
    row('log.access', log.access, 'where each exchange leaves a line'),
    row('drain.noticeMs', drain.noticeMs, 'not ready, and still serving, when asked to end', 'ms'),
    row('drain.timeoutMs', drain.timeoutMs, 'for exchanges under way to end, after that', 'ms'),
    {
      kind: 'setting',
      name: 'undeclared 5xx',
      unit: '',
      value: { public: 'mapped to the catalogue', partner: 'passed on', internal: 'passed on' },
      about: 'server errors of a service that its contract does not declare',
    },
  ]
}

function row(name: string, value: string | number, about: string, unit = ''): DefaultsRow {
  return { kind: 'setting', name, unit, value: same(String(value)), about }
}

/** Where no default can be written down, what happens is. */
const unwritten: Readonly<Record<string, string>> = {
  auth: 'upstream without a configuration; with one, each scheme must be bound',
}

type AnyPolicy = (typeof policies)[number]

/** One row for the policy, and one for each key of its configuration. */
function policyRows({ id, about, defaultFor }: AnyPolicy, form: DefaultsForm): DefaultsRow[] {
  const configs = audiences.map((audience) => entriesOf(defaultFor(audience), form))
  const keys = [...new Set(configs.flatMap((config) => [...(config?.keys() ?? [])]))]
  const value = (text: (config: ReadonlyMap<string, string> | undefined) => string) =>
    Object.fromEntries(audiences.map((audience, i) => [audience, text(configs[i])])) as Record<
      Audience,
      string
    >
  const head = value((config) => (config === undefined ? (unwritten[id] ?? 'off') : 'enforce'))
  return [
    { kind: 'policy', name: id, unit: '', value: head, about },
    ...keys.map((key): DefaultsRow => {
      const texts = value((config) => config?.get(key) ?? '–')
      return { kind: 'policy', name: `${id}.${key}`, unit: '', value: texts, about: '' }
    }),
  ]
}

function entriesOf(config: unknown, form: DefaultsForm): ReadonlyMap<string, string> | undefined {
  if (config === undefined) return undefined
  if (!isObject(config)) return new Map()
  return new Map(
    Object.entries(config).flatMap(([key, value]): [string, string][] =>
      form === 'rows' && isObject(value)
        ? Object.entries(value).map(([name, one]) => [`${key}.${name}`, textOf(one)])
        : [[key, textOf(value)]],
    ),
  )
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ') || 'none'
  return isObject(value) ? Object.keys(value).join(', ') || 'none' : String(value)
}

function limitRows(): DefaultsRow[] {
  return (Object.keys(limitTable) as LimitName[]).map((name) => {
    const { default: value, unit, about } = limitTable[name]
    return { kind: 'limit', name, unit, value: same(String(value)), about }
  })
}

function same(text: string): Record<Audience, string> {
  return { public: text, partner: text, internal: text }
}
