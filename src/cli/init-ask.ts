// The questions of `init`, in order. What the command line says already is not asked.
import {
  type Answers,
  type Audience,
  type Credential,
  type DraftAnswers,
  readResources,
  requestsPerMinuteMax,
  slowestMsMax,
  upstreamProblem,
  usualRates,
  usualResources,
  usualSlowestMs,
  usualUpstream,
} from './init-answers.ts'
import type { Prompts } from './prompts.ts'

/** What the command line gives, checked. */
export interface Given {
  readonly upstream?: string | undefined
  readonly audience?: Audience | undefined
  readonly title?: string | undefined
  readonly resources?: DraftAnswers['resources'] | undefined
  readonly credential?: Credential | undefined
  readonly rate?: number | undefined
  readonly latency?: number | undefined
  readonly shadow?: boolean | undefined
}

/** All answers without asking anybody. */
export function usualAnswers(given: Given, hasContract: boolean, folder: string): Answers {
  const audience = given.audience ?? 'public'
  const resources = given.resources ?? readResources(usualResources)
  if (typeof resources === 'string') throw new Error(resources)
  return {
    upstream: given.upstream ?? usualUpstream,
    audience,
    requestsPerMinute: given.rate ?? usualRates[audience],
    slowestMs: given.latency ?? usualSlowestMs,
    isShadow: given.shadow ?? false,
    draft: hasContract
      ? undefined
      : {
          title: given.title ?? titleOf(folder),
          resources,
          credential: given.credential ?? usualCredential(audience),
        },
  }
}

/** Users and services of strangers; colleagues mostly run services. */
const usualCredential = (audience: Audience): Credential =>
  audience === 'internal' ? 'key' : 'both'

function titleOf(folder: string): string {
  const words = folder.replaceAll(/[^A-Za-z0-9]+/g, ' ').trim()
  return words === '' ? 'My API' : `${words[0]!.toUpperCase()}${words.slice(1)}`
}

/** Undefined where the person wants to stop. */
export async function askAnswers(
  prompts: Prompts,
  given: Given,
  hasContract: boolean,
  folder: string,
): Promise<Answers | undefined> {
  const usual = (known: Given) => usualAnswers(known, hasContract, folder)
  const found: { -readonly [Key in keyof Given]: Given[Key] } = { ...given }
  found.upstream ??= await prompts.text({
    message: 'Where is the service?',
    usual: usual(found).upstream,
    problem: upstreamProblem,
  })
  if (found.upstream === undefined) return undefined
  found.audience ??= await prompts.choose(audienceQuestion)
  if (found.audience === undefined) return undefined
  if (!hasContract && !(await askDraft(prompts, found, usual(found).draft!))) return undefined
  found.rate ??= await wholeNumber(prompts, {
    message: 'How many requests may one client address send in a minute? (0: no limit)',
    usual: usual(found).requestsPerMinute,
    max: requestsPerMinuteMax,
  })
  if (found.rate === undefined) return undefined
  found.latency ??= await slowest(prompts)
  if (found.latency === undefined) return undefined
  if (hasContract) found.shadow ??= await prompts.confirm(shadowQuestion, true)
  return hasContract && found.shadow === undefined ? undefined : usual(found)
}

const audienceQuestion = {
  message: 'Who calls it?',
  usual: 'public',
  choices: [
    { value: 'public', label: 'anybody', hint: 'strictest: limits, errors mapped' },
    { value: 'partner', label: 'known companies', hint: 'wider limits, errors passed on' },
    { value: 'internal', label: 'colleagues', hint: 'checked, not limited' },
  ],
} as const

const shadowQuestion =
  'Clients call it already: count at first what would be refused, and let it through?'

/** The three questions of a new contract; false where the person wants to stop. */
async function askDraft(
  prompts: Prompts,
  found: { -readonly [Key in keyof Given]: Given[Key] },
  usual: DraftAnswers,
): Promise<boolean> {
  found.title ??= await prompts.text({ message: 'What is it called?', usual: usual.title })
  if (found.title === undefined) return false
  if (found.resources === undefined) {
    const text = await prompts.text({
      message: 'What is it about? Name the things: channels, channels/messages, users',
      usual: usualResources,
      problem: (one) => problemOf(readResources(one)),
    })
    const resources = text === undefined ? '' : readResources(text)
    if (typeof resources === 'string') return false
    found.resources = resources
  }
  found.credential ??= await prompts.choose({
    message: 'What do clients send to say who they are?',
    usual: usual.credential,
    choices: [
      { value: 'both', label: 'users a token, services a key' },
      { value: 'bearer', label: 'a token', hint: 'Authorization: Bearer …' },
      { value: 'key', label: 'a key', hint: 'X-API-Key: …' },
      { value: 'none', label: 'nothing', hint: 'anybody may do everything' },
    ],
  })
  return found.credential !== undefined
}

const problemOf = (read: unknown): string | undefined =>
  typeof read === 'string' ? read : undefined

async function wholeNumber(
  prompts: Prompts,
  { message, usual, max }: { message: string; usual: number; max: number },
): Promise<number | undefined> {
  const isRight = (text: string) => /^\d+$/.test(text) && Number(text) <= max
  const problem = (text: string) =>
    isRight(text) ? undefined : `It is a whole number from 0 to ${max}.`
  const text = await prompts.text({ message, usual: String(usual), problem })
  return text === undefined ? undefined : Number(text)
}

async function slowest(prompts: Prompts): Promise<number | undefined> {
  const chosen = await prompts.choose({
    message: 'How long does its slowest reply take on a good day?',
    usual: String(usualSlowestMs),
    choices: [
      { value: '1000', label: 'a second' },
      { value: String(usualSlowestMs), label: 'five seconds' },
      { value: '30000', label: 'half a minute' },
      { value: String(slowestMsMax), label: 'two minutes', hint: 'reports, exports' },
    ],
  })
  return chosen === undefined ? undefined : Number(chosen)
}
