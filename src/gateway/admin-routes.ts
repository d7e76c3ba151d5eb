// What the admin server answers by itself: probes, metrics, and an index of what there is.
import type { Refusal } from '../base.ts'
import { prometheusType } from '../telemetry.ts'

export interface Readiness {
  readonly ready: boolean
  /** For operators, as JSON. */
  readonly details: object
}

export interface AdminSources {
  /** The Prometheus exposition, in pieces between which the server rests. */
  metrics(): Iterable<string> | AsyncIterable<string>
  ready(): Readiness | Promise<Readiness>
}

export interface AdminRoute {
  /** HEAD is served where GET is; whatever is not GET needs the token. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** One line for the index. */
  readonly about: string
  readonly answer: (query: URLSearchParams) => Answered | Promise<Answered>
}

type Answered = AdminAnswer | Refusal

export interface AdminAnswer {
  readonly status: number
  readonly type: string
  readonly body: string | Iterable<string> | AsyncIterable<string>
}

/** `all` gives every route of the server, for the index. */
export function ownRoutes(
  sources: AdminSources,
  all: () => readonly AdminRoute[],
): readonly AdminRoute[] {
  return [
    { method: 'GET', path: '/', about: 'this index', answer: () => indexPage(all()) },
    {
      method: 'GET',
      path: '/livez',
      about: 'whether the process runs: restart it if this does not answer',
      answer: () => json(200, { live: true }),
    },
    {
      method: 'GET',
      path: '/readyz',
      about: 'whether requests are served: 503 where they are not',
      answer: async () => readiness(await sources.ready()),
    },
    {
      method: 'GET',
      path: '/metrics',
      about: 'what is counted and measured, for Prometheus',
      answer: () => ({ status: 200, type: prometheusType, body: sources.metrics() }),
    },
  ]
}

function readiness({ ready, details }: Readiness): AdminAnswer {
  return json(ready ? 200 : 503, { ready, details })
}

export function json(status: number, data: object): AdminAnswer {
  return { status, type: 'application/json', body: `${JSON.stringify({ data })}\n` }
}

function indexPage(routes: readonly AdminRoute[]): AdminAnswer {
  return { status: 200, type: 'text/html; charset=utf-8', body: indexText(routes) }
}

function indexText(routes: readonly AdminRoute[]): string {
  const items = routes.map(
    ({ about, method, path }) =>
      `    <dt>${method === 'GET' ? `<a href="${path}">${path}</a>` : `${method} ${path}`}</dt>\n    <dd>${about}</dd>\n`,
  )
  return `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>Concordat admin</title>
  <h1>Concordat admin</h1>
  <dl>
${items.join('')}  </dl>
</html>
`
}
