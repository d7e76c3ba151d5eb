// What is sent in each case, and what Concordat is asked to do with it. nginx relays the same bytes.

export interface Goal {
  /** Of nginx's CPU per request. */
  readonly cpuRatio?: number
  /** Of nginx's p99 at half load. */
  readonly p99Ratio?: number
}

export interface Case {
  readonly name: string
  readonly about: string
  readonly goal: Goal
  readonly requests: readonly string[]
}

export const cases: readonly Case[] = [
  {
    name: 'relay',
    about: 'GET of a 158-byte JSON reply, policies off',
    goal: { cpuRatio: 1.35, p99Ratio: 2 },
    requests: [get('/small')],
  },
]

function get(path: string, fields: readonly string[] = []): string {
  return head(`GET ${path}`, fields)
}

function head(start: string, fields: readonly string[]): string {
  const all = ['Host: 127.0.0.1', 'User-Agent: bench', 'Accept: application/json', ...fields]
  return `${start} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`
}
