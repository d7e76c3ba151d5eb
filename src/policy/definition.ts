// A custom policy as its file exports it: code that nobody has checked yet, held against the shape
// of a policy before anything is asked of it.
import { nearestWord } from '../base.ts'
import { definePolicy, type PolicyDefinition } from './policy.ts'
import { type AnyPolicy, policies } from './registry.ts'

type Kind = 'a string' | 'a function' | 'true'

const phases = ['admit', 'check', 'content', 'prepare', 'finish', 'several']

const kinds: Readonly<Record<string, Kind>> = {
  id: 'a string',
  about: 'a string',
  phase: 'a string',
  link: 'a function',
  schema: 'a function',
  defaultFor: 'a function',
  compile: 'a function',
  looser: 'a function',
  states: 'a function',
  stacks: 'true',
  standsAlone: 'true',
  judgesReplies: 'true',
  everyRequest: 'true',
  everyReply: 'true',
}

const needed = ['id', 'about', 'phase', 'link']

/** The policy that a file exports, or what is wrong with it. */
export function readDefinition(exported: unknown): AnyPolicy | string {
  if (typeof exported !== 'object' || exported === null) {
    return "it exports no policy: say 'export default definePolicy({ … })'"
  }
  const written = exported as Readonly<Record<string, unknown>>
  return shapeProblem(written) ?? definePolicy(exported as PolicyDefinition<unknown, unknown>)
}

function shapeProblem(written: Readonly<Record<string, unknown>>): string | undefined {
  for (const [key, value] of Object.entries(written)) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined
    if (kind === undefined) return `a policy has no '${key}'${hint(key)}`
    if (value !== undefined && !isOfKind(value, kind)) return `'${key}' must be ${kind}`
  }
  const missing = needed.find((key) => written[key] === undefined)
  if (missing !== undefined) return `a policy must say its '${missing}'`
  return phaseProblem(written)
}

const isOfKind = (value: unknown, kind: Kind): boolean =>
  kind === 'true' ? value === true : `a ${typeof value}` === kind

function hint(key: string): string {
  const near = nearestWord(key, Object.keys(kinds))
  return near === undefined ? '' : ` (did you mean '${near}'?)`
}

function phaseProblem(written: Readonly<Record<string, unknown>>): string | undefined {
  const { phase, everyRequest, everyReply } = written
  if (!phases.includes(phase as string)) return `'phase' must be one of ${phases.join(', ')}`
  if (everyRequest === true && phase !== 'admit') return "'everyRequest' is for phase 'admit' alone"
  if (everyReply === true && phase !== 'several') return "'everyReply' is for phase 'several' alone"
  return undefined
}

/** What keeps an id from being the id of a custom policy. */
export function idRule(id: string): string | undefined {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(id)) {
    return `'${id}' is no id: a letter, then letters, digits and hyphens, all in lower case`
  }
  return policies.some((one) => one.id === id) ? `'${id}' is a policy of the gateway` : undefined
}
