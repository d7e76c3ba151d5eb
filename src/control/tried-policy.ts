// A custom policy that is asked nothing without a net: what its own functions throw, or give that
// can be no plan, is a problem of its author with a place, and ends no build.
import { z } from 'zod'
import { type Place, type Problem, stackOf } from '../base.ts'
import type { AnyPolicy, ApiSite, Audience } from '../policy.ts'
import { complaints } from './complaints.ts'
import { jsonSchemaOf } from './config.ts'
import { notData } from './plain-data.ts'
import { errorAt } from './problem-list.ts'

export interface Trial {
  /** Where in the author's files something was thrown. */
  readonly thrownAt: (error: unknown) => Place | undefined
}

type Tried = { readonly policy: AnyPolicy } | { readonly problems: readonly Problem[] }

/** Its schema and its defaults are asked for once, here. */
export function tried(policy: AnyPolicy, place: Place, trial: Trial): Tried {
  const thrown = (what: string, error: unknown, at: Place = place): Problem =>
    errorAt(trial.thrownAt(error) ?? at, `'${what}' of '${policy.id}' threw: ${firstLineOf(error)}`)
  let asked: 'schema' | 'defaultFor' = 'schema'
  try {
    const schema: unknown = policy.schema(z)
    if (!isSettings(schema)) {
      return { problems: [errorAt(place, "'schema' must give an object of the zod handed to it")] }
    }
    asked = 'defaultFor'
    const defaults = new Map(audiences.map((one) => [one, policy.defaultFor(one)]))
    const wrong = [...defaults].flatMap(([one, value]) =>
      defaultProblems(one, value, schema, place),
    )
    if (wrong.length > 0) return { problems: wrong }
    return { policy: withNet(policy, schema, defaults, { place, thrown }) }
  } catch (error) {
    return { problems: [thrown(asked, error)] }
  }
}

export const firstLineOf = (error: unknown): string => stackOf(error).split('\n', 1)[0]!

const audiences: readonly Audience[] = ['public', 'partner', 'internal']

/** Only beside keys of an object there is room for a mode. */
const isSettings = (schema: unknown): schema is z.ZodType =>
  schema instanceof z.ZodObject ||
  (schema instanceof z.ZodUnion && schema.options.every((one) => isSettings(one)))

function defaultProblems(
  audience: Audience,
  value: unknown,
  schema: z.ZodType,
  place: Place,
): Problem[] {
  if (value === undefined) return []
  const parsed = schema.safeParse(value)
  if (parsed.success) return []
  const checked = {
    value,
    subject: `the default for ${audience}`,
    jsonSchema: () => jsonSchemaOf(schema),
    locate: () => place,
  }
  return complaints(parsed.error.issues, checked)
}

interface Net {
  /** Of the policy itself. */
  readonly place: Place
  readonly thrown: (what: string, error: unknown, at?: Place) => Problem
}

function withNet(
  policy: AnyPolicy,
  schema: z.ZodType,
  defaults: ReadonlyMap<Audience, unknown>,
  { place, thrown }: Net,
): AnyPolicy {
  const { compile, looser } = policy
  const net = {
    schema: () => schema,
    defaultFor: (audience: Audience) => defaults.get(audience),
    compile(config: unknown, site: ApiSite): unknown {
      try {
        const plan = compile(config, site as never)
        const problem = plan === undefined ? undefined : notData(plan)
        if (problem === undefined) return plan
        site.report(errorAt(site.place ?? place, `the plan of '${policy.id}': ${problem.message}`))
      } catch (error) {
        site.report(thrown('compile', error, site.place))
      }
      return undefined
    },
    ...(looser && {
      looser(outer: unknown, inner: unknown): string | undefined {
        try {
          return looser(outer, inner)
        } catch (error) {
          // What cannot be compared is taken for looser: then somebody has to say that he means it.
          return `its 'looser' threw: ${firstLineOf(error)}`
        }
      },
    }),
  }
  return { ...policy, ...net } as AnyPolicy
}
