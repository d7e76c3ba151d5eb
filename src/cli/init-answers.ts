// The few things that decide what `init` drafts, how they are asked for, and what is taken where
// nobody is asked.
import { singular } from '../mock.ts'
import { clashOf } from './init-contract.ts'

export type Audience = 'public' | 'partner' | 'internal'

export type Credential = 'key' | 'bearer' | 'both' | 'none'

export interface Answers {
  /** Address of the service. */
  readonly upstream: string
  readonly audience: Audience
  /** For each client address; 0: no limit. */
  readonly requestsPerMinute: number
  /** What the slowest reply takes on a good day. */
  readonly slowestMs: number
  /** Count at first what would be refused, and let it through. */
  readonly isShadow: boolean
  /** Where there is no contract yet: what it is to be about. */
  readonly draft: DraftAnswers | undefined
}

export interface DraftAnswers {
  readonly title: string
  readonly resources: readonly ResourceName[]
  readonly credential: Credential
}

/** `messages`, or `messages` of a `channels`. */
export interface ResourceName {
  readonly name: string
  readonly parent: string | undefined
}

export const usualRates: Readonly<Record<Audience, number>> = {
  public: 1_200,
  partner: 12_000,
  internal: 0,
}

export const requestsPerMinuteMax = 1_000_000_000
export const slowestMsMin = 10
export const slowestMsMax = 120_000
export const usualSlowestMs = 5_000
export const usualUpstream = 'http://127.0.0.1:3000'
export const usualResources = 'items'
const resourcesMax = 50

/** What is wrong with the address of a service; undefined where nothing is. */
export function upstreamProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '') return undefined
  return 'It is an address such as http://127.0.0.1:3000.'
}

/** Names as people write them: `channels, channels/messages`. A problem in words, or the names. */
export function readResources(text: string): ResourceName[] | string {
  const words = text.split(/[\s,]+/).filter((one) => one !== '' && one !== 'and')
  if (words.length === 0) return 'Name at least one thing, such as notes.'
  if (words.length > resourcesMax)
    return `Name at most ${resourcesMax}; more can be added to the draft.`
  const found = new Map<string, ResourceName>()
  for (const one of words) {
    const parts = one.split('/').filter((part) => part !== '')
    const bad = parts.find((part) => !/^[A-Za-z][A-Za-z0-9-]*$/.test(part))
    if (bad !== undefined) return `'${bad}' is no name: letters, digits and hyphens make one.`
    if (parts.length > 2) return `'${one}' nests deeper than two: give the last its own address.`
    const [first, second] = parts.map(plural)
    if (first === undefined) return `'${one}' names nothing.`
    // What others lie below has an address itself.
    if (!found.has(first)) found.set(first, { name: first, parent: undefined })
    if (second !== undefined) found.set(`${first}/${second}`, { name: second, parent: first })
  }
  const names = [...found.values()]
  return clashOf(names) ?? names
}

/** Collections have plural names, in small letters. */
function plural(written: string): string {
  const name = kebab(written)
  if (singular(name) !== name || /(?:s|people|children|data|media|news|staff)$/.test(name))
    return name
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`
  return /(?:x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`
}

const kebab = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/-+/g, '-')
    .replace(/-$/, '')
    .toLowerCase()
