// The page of `concordat top`, and its picture: the figures are made up here, the lines are drawn
// by the command itself.
import { seededRandom } from '../../src/base.ts'
import { paintFor, type Paint } from '../../src/cli/style.ts'
import { operationLinesOf, scrapeOf } from '../../src/cli/top-for-tests.ts'
import { type Frame, linesOf } from '../../src/cli/top-view.ts'
import { type Scene, sceneAfter, unseen } from '../../src/cli/top-watch.ts'
import { generatedFrom } from './markdown.ts'
import { terminalSvg } from './terminal-svg.ts'

const intro = `# Top

\`\`\`
concordat top [--admin http://127.0.0.1:9090] [--interval 1000] [--sort rate|p99|errors] [--rows N] [--once] [--json]
\`\`\`

A running gateway, live in the terminal. It reads \`/metrics\` and \`/readyz\` of the admin port, nothing else, so whoever
reaches that port can watch, and a gateway does not notice.

![A screen of concordat top](top.svg)
`

const outro = `
All rates and durations are of the time between the last two looks, not since the start; the lines in blocks
are of the last minute.

| Line | Shows |
| --- | --- |
| first | state (ready, draining, a configuration that was refused, no answer), the revision in force, how long it runs; below it the reason, where something is wrong |
| \`requests\` | exchanges, and how many of them ended in each class of status |
| \`errors\` | 4xx, 5xx and exchanges that could not be answered |
| \`p99\` | of whole exchanges, with other quantiles; \`own\` is the 99th percentile without the time of upstreams |
| \`cpu\` | of one core, so beyond 100 % where several threads work; memory of the whole process |
| \`clients\`, \`upstreams\` | connections; what waits for a connection to an endpoint |
| \`threads\` | workers that serve, those that had to be replaced, and how late the event loop of each thread is (99th percentile), with its heap |
| \`faults\` | refusals by their [code](faults.md) |
| table | the operations of the contract, as many as fit; \`in\` and \`out\` are bodies |

Quantiles are read from the buckets of the histograms, as evenly spread within each: they are as fine as [the
buckets](metrics.md). A look resets the event loop delay, which is measured from one scrape to the next.

## Keys

| Key | Does |
| --- | --- |
| \`q\`, Ctrl-C | quits; the screen is as it was |
| \`p\` | pauses what is shown, and goes on |
| \`s\` | sorts by rate, 99th percentile, errors |
| arrows, \`j\`, \`k\`, Page Up, Page Down, \`g\`, \`G\` | scroll where there are more operations than lines |

## Elsewhere than on a terminal

Into a pipe or a file it prints a frame each interval, and \`--once\` a single one. \`--json\` prints the figures instead, one
line an interval. Colour follows \`NO_COLOR\`, \`FORCE_COLOR\` and the terminal.

\`\`\`console
`

const after = `\`\`\`
`

interface Busy {
  readonly method: string
  readonly template: string
  readonly perSecond: number
  /** Typical, in seconds. */
  readonly typical: number
  /** Shares of statuses beside the first. */
  readonly statuses: Readonly<Record<string, number>>
  readonly bytes: readonly [request: number, reply: number]
}

const channel = '/v1/channels/{channelId}'

const operations: readonly Busy[] = [
  busy(
    'GET',
    `${channel}/messages`,
    6_840,
    0.0011,
    { 200: 0.984, 429: 0.012, 403: 0.004 },
    [0, 1_460],
  ),
  busy('GET', '/v1/users/{userId}/channels', 2_310, 0.0008, { 200: 1 }, [0, 620]),
  busy(
    'POST',
    `${channel}/messages`,
    1_190,
    0.0032,
    { 201: 0.941, 400: 0.038, 429: 0.021 },
    [84, 212],
  ),
  busy('GET', channel, 975, 0.0007, { 200: 0.99, 404: 0.01 }, [0, 231]),
  busy('GET', '/v1/users/{userId}/messages', 412, 0.0044, { 200: 1 }, [0, 2_890]),
  busy('POST', '/v1/messages/{messageId}/translate', 57, 0.18, { 202: 0.86, 503: 0.14 }, [41, 118]),
  busy('PATCH', channel, 12, 0.0036, { 200: 0.75, 409: 0.25 }, [52, 240]),
  busy('DELETE', '/v1/messages/{messageId}', 7, 0.0029, { 204: 1 }, [0, 0]),
  busy('POST', '/v1/channels', 3, 0.0041, { 201: 1 }, [96, 244]),
  busy('GET', '', 18, 0.00006, { 404: 1 }, [0, 198]),
]

function busy(
  method: string,
  template: string,
  perSecond: number,
  typical: number,
  statuses: Busy['statuses'],
  bytes: Busy['bytes'],
): Busy {
  return { method, template, perSecond, typical, statuses, bytes }
}

const bounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
]

/** The share of exchanges that take no longer: few take much longer than what is typical. */
function within(seconds: number, typical: number): number {
  return seconds < typical / 4 ? 0 : 1 - Math.exp(-((seconds / typical) ** 0.8) * 2.2)
}

/** Of one operation and status: exchanges so far, and of them those within each bound. */
interface Tally {
  readonly operation: Busy
  readonly status: string
  count: number
  readonly within: number[]
}

const newTallies = (): Tally[] =>
  operations.flatMap((operation) =>
    Object.keys(operation.statuses).map((status) => ({
      operation,
      status,
      count: 0,
      within: bounds.map(() => 0),
    })),
  )

/** One second more: `load` of the usual, `trouble` times as many refusals and failures. */
function tally(tallies: readonly Tally[], load: number, trouble: number): void {
  for (const one of tallies) {
    const { perSecond, statuses, typical } = one.operation
    const usual = one.status === Object.keys(statuses)[0]
    const more = Math.round(perSecond * statuses[one.status]! * load * (usual ? 1 : trouble))
    one.count += more
    bounds.forEach((bound, i) => {
      one.within[i]! += Math.round(more * within(bound, typical * load ** 2))
    })
  }
}

const startedEpochSeconds = 1_773_311_400
const seconds = 60

/** A minute of looks, with a wave of load and a bad moment. */
function minute(): Scene {
  const random = seededRandom(11)
  const tallies = newTallies()
  let cpuSeconds = 4_210
  let scene = unseen
  for (let second = 0; second <= seconds; second++) {
    const load = 0.8 + 0.25 * Math.sin(second / 7) + 0.15 * random()
    tally(tallies, load, second > 33 && second < 39 ? 9 : 1)
    cpuSeconds += 0.3 * load + 0.06 * random()
    const lines = [...programLines(cpuSeconds), ...faultLines(tallies), ...exchangeLines(tallies)]
    scene = sceneAfter(scene, { scrape: scrapeOf(second * 1000, lines), readiness })
  }
  return scene
}

const readiness = {
  ready: true,
  state: 'running',
  configuration: undefined,
  workers: { serving: 2, wanted: 2 },
}

function programLines(cpuSeconds: number): string[] {
  const late = 'nodejs_eventloop_delay_p99_seconds'
  const heap = 'nodejs_heap_used_bytes'
  return [
    'concordat_snapshot_info{revision="3f9a8c21d04e5b77"} 1',
    'concordat_configuration_current 1',
    'concordat_client_connections 1284',
    'http_server_active_requests 23',
    'http_client_open_connections{http_connection_state="active"} 21',
    'http_client_open_connections{http_connection_state="idle"} 43',
    'concordat_endpoint_waiting_exchanges 0',
    'concordat_worker_restarts_total 0',
    `process_start_time_seconds ${startedEpochSeconds}`,
    `process_cpu_seconds_total ${cpuSeconds}`,
    'process_resident_memory_bytes 171966464',
    `${late}{thread="main"} 0.0003`,
    `${heap}{thread="main"} 19922944`,
    `${late}{thread="1"} 0.0011`,
    `${heap}{thread="1"} 24117248`,
    `${late}{thread="2"} 0.0012`,
    `${heap}{thread="2"} 23068672`,
  ]
}

const codes: Readonly<Record<string, string>> = {
  400: 'INVALID_INPUT',
  429: 'LIMIT_EXCEEDED',
  503: 'UPSTREAM_BUSY',
}

function faultLines(tallies: readonly Tally[]): string[] {
  const faults = new Map<string, number>()
  for (const { count, operation, status } of tallies) {
    const code = operation.template === '' ? 'NOT_FOUND' : codes[status]
    if (code !== undefined) faults.set(code, (faults.get(code) ?? 0) + count)
  }
  return [...faults].map(([code, count]) => `concordat_faults_total{code="${code}"} ${count}`)
}

function exchangeLines(tallies: readonly Tally[]): string[] {
  return operations.flatMap((operation) => {
    const { bytes, method, template } = operation
    const own = tallies.filter((one) => one.operation === operation)
    const count = own.reduce((sum, one) => sum + one.count, 0)
    const counted = {
      method,
      template,
      statuses: Object.fromEntries(
        own.map((one) => [one.status, [one.count, ...one.within] as const]),
      ),
      requestBytes: Math.round(count * bytes[0]),
      replyBytes: Math.round(count * bytes[1]),
    }
    return [...operationLinesOf(counted, bounds), ...ownLines(count)]
  })
}

/** Exchanges without the time of the upstream. */
function ownLines(count: number): string[] {
  return [...bounds, Infinity].map((le) => {
    const share = le === Infinity ? count : Math.round(count * within(le, 0.00005))
    return `concordat_gateway_duration_seconds_bucket{le="${le === Infinity ? '+Inf' : le}"} ${share}`
  })
}

const epochMs = (startedEpochSeconds + 187_200) * 1000

const painted = paintFor({ write: () => true, isTTY: true }, {})
const columns = 112

export function topPicture(): string {
  const lines = screenOf({ width: columns, height: 24, rowsMax: 99 }, painted)
  return terminalSvg(lines, columns, 'concordat top')
}

function screenOf(size: Pick<Frame, 'width' | 'height' | 'rowsMax'>, paint: Paint): string[] {
  const rest = { admin: '127.0.0.1:9090', epochMs, paused: false, from: 0, sort: 'rate' } as const
  return linesOf(minute(), { ...rest, ...size }, paint)
}

export function topPage(): string {
  const plain = screenOf({ width: 78, height: undefined, rowsMax: 6 }, (_, text) => text)
  const sample = `$ concordat top --once\n${plain.map((line) => line.trimEnd()).join('\n')}\n`
  return [generatedFrom('`spec/pages/top.ts`'), intro, outro + sample + after].join('\n')
}
