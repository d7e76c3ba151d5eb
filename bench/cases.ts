// What is sent in each case, and what Concordat is asked to do with it. The others relay the same
// bytes and do nothing else.
import { crowdedChatContract, order, ordersContract, relayContract } from './contracts.ts'
import type { RivalName } from './rivals.ts'

export interface Goal {
  /** At most this much of another's CPU per request. */
  readonly cpuRatio?: Partial<Readonly<Record<RivalName, number>>>
  /** Of nginx's p99 at half load. */
  readonly p99Ratio?: number
}

export interface Case {
  readonly name: string
  readonly about: string
  readonly goal: Goal
  readonly beside: readonly RivalName[]
  /** Whether latency at half load is measured as well. */
  readonly halfLoad: boolean
  readonly contract: () => object
  /** What stands in concordat.yaml beside the contract's name. */
  readonly config: object
  /** Whole requests, sent in turn. */
  readonly requests: readonly string[]
}

const off = { mode: 'off' }
export const quiet = { log: { access: 'off' } }

/** A limit that counts every request and refuses none. */
export const roomyLimit = { requestsMax: 1_000_000_000, windowMs: 1000, burstMax: 1_000_000_000 }

/** Nothing but relaying. */
export const relayOnly = {
  ...quiet,
  policies: { limit: off, validation: off, 'secure-headers': off },
}

/** Every policy at work, as the contract case has them. */
export const allPolicies = { limit: roomyLimit, auth: 'upstream' } as const

const token = 'Authorization: Bearer 4f1d0c2b9a8e7d6c5b4a39281706f5e4'

export const cases: readonly Case[] = [
  {
    name: 'relay',
    about: 'GET with a reply of 158 bytes; every policy off',
    goal: { cpuRatio: { nginx: 1.35, Caddy: 0.4 }, p99Ratio: 2 },
    beside: ['nginx', 'haproxy', 'Caddy'],
    halfLoad: true,
    contract: relayContract,
    config: relayOnly,
    requests: [get('/small')],
  },
  {
    name: 'reply64k',
    about: 'GET with a reply of 64 kB; every policy off',
    goal: { cpuRatio: { Caddy: 0.4 } },
    beside: ['nginx', 'haproxy', 'Caddy'],
    halfLoad: false,
    contract: relayContract,
    config: relayOnly,
    requests: [get('/large')],
  },
  {
    name: 'contract',
    about: 'chat and 200 more operations, GET and POST of messages; validation, limit, metrics on',
    goal: { cpuRatio: { nginx: 1.6 } },
    beside: ['nginx'],
    halfLoad: true,
    contract: crowdedChatContract,
    config: { ...quiet, policies: allPolicies },
    requests: [1, 2, 3, 4].flatMap(messageRequests),
  },
  {
    name: 'post10k',
    about: 'POST of 10 kB of JSON, checked to its last field',
    goal: {},
    beside: ['nginx'],
    halfLoad: true,
    contract: ordersContract,
    config: { ...quiet, policies: { limit: off, 'secure-headers': off } },
    requests: [post('/orders', order())],
  },
]

function messageRequests(channel: number): string[] {
  const path = `/v1/channels/ch_x9y8z${channel}/messages`
  const message = { content: 'Shall we meet at ten, or is that too early?', type: 'text' }
  const key = `Idempotency-Key: 5f0c2b1e-8f0f-4a34-9d51-0f6c4f3c8f2${channel}`
  return [get(`${path}?limit=20`, [token]), post(path, message, [token, key])]
}

export function get(path: string, fields: readonly string[] = []): string {
  return head(`GET ${path}`, fields)
}

export function post(path: string, value: object, fields: readonly string[] = []): string {
  const body = JSON.stringify(value)
  const own = ['Content-Type: application/json', `Content-Length: ${body.length}`]
  return head(`POST ${path}`, [...fields, ...own]) + body
}

function head(start: string, fields: readonly string[]): string {
  const all = ['Host: 127.0.0.1', 'User-Agent: bench', 'Accept: application/json', ...fields]
  return `${start} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`
}
