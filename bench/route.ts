// Nanoseconds a look-up in tables of 10 to 100,000 routes, and what a table weighs.
// node --expose-gc bench/route.ts [--json]
import { buildRouter, type RoutePlan, type Router } from '../src/route.ts'

const kinds = [
  'static',
  'one parameter',
  '64 of one parameter',
  'three parameters',
  'escaped',
  'not found',
] as const
type Kind = (typeof kinds)[number]

const plan = (method: string, template: string, operation: number): RoutePlan => ({
  method,
  template,
  operation,
  allow: [],
})

/** Five routes a resource, in the shapes that contracts have. */
function routesOf(count: number): RoutePlan[] {
  return Array.from({ length: count }, (_, operation) => {
    const base = `/v1/resource${Math.floor(operation / 5)}`
    const shapes = [
      plan('GET', `${base}/all`, operation),
      plan('GET', `${base}/{id}`, operation),
      plan('POST', `${base}/{id}:cancel`, operation),
      plan('GET', `${base}/{id}/items/{itemId}`, operation),
      plan('GET', `${base}/{id}/items/{itemId}/files/{name}.{ext}`, operation),
    ]
    return shapes[operation % 5]!
  })
}

function pathOf(kind: Kind, at: number, resources: number): string {
  if (kind === '64 of one parameter') {
    const busy = Math.floor(((at % 64) * resources) / 64)
    return `/v1/resource${busy}/usr_p4q5r6${at}`
  }
  const base = `/v1/resource${at % resources}`
  if (kind === 'static') return `${base}/all`
  if (kind === 'one parameter') return `${base}/usr_p4q5r6${at}`
  if (kind === 'three parameters') return `${base}/u${at}/items/i${at}/files/report${at}.pdf`
  return kind === 'escaped' ? `${base}/caf%C3%A9%20${at}` : `${base}/u${at}/nothing/here`
}

// Each path is a slice of its own out of a longer text, as paths of requests are: its hash is new.
const fresh = (path: string): string => `GET ${path} HTTP/1.1`.slice(4, 4 + path.length)

// Small batches: in the gateway a path has just been read, and lies in the cache.
const batch = 500
const rounds = 201

function nsPerFind(router: Router, kind: Kind, resources: number): number {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const paths = Array.from({ length: batch }, (_, at) =>
      fresh(pathOf(kind, at * 7919 + round, resources)),
    )
    const startedMs = performance.now()
    for (const path of paths) router.find('GET', path)
    times.push(((performance.now() - startedMs) / batch) * 1e6)
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!
}

function bytesHeld(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function measure(count: number) {
  globalThis.gc?.()
  const before = bytesHeld()
  const startedMs = performance.now()
  const router = buildRouter(routesOf(count))
  const buildMs = performance.now() - startedMs
  globalThis.gc?.()
  const megabytes = (bytesHeld() - before) / 1e6
  const ns = Object.fromEntries(
    kinds.map((kind) => [kind, Math.round(nsPerFind(router, kind, Math.ceil(count / 5)))]),
  )
  return { routes: count, buildMs: Math.round(buildMs), megabytes: Math.round(megabytes), ...ns }
}

const results = [10, 200, 1_000, 100_000].map(measure)
if (process.argv.includes('--json')) console.log(JSON.stringify(results))
else console.table(results)
