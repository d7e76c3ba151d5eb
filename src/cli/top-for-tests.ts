// Scrapes from lines as a gateway writes them: for the tests of `top` and for its page.
import { type Scrape, scrapeReader } from './top-scrape.ts'

/** `version` stands for the line by which a gateway is known. */
export function scrapeOf(atMs: number, lines: readonly string[]): Scrape {
  const reader = scrapeReader()
  reader.line('concordat_build_info{version="0.1.0"} 1')
  lines.forEach((line) => reader.line(line))
  return reader.done(atMs)!
}

export interface Counted {
  readonly method: string
  readonly template: string
  /** Exchanges by status, and of them those within each bound in seconds. */
  readonly statuses: Readonly<Record<string, readonly [count: number, ...within: number[]]>>
  readonly requestBytes?: number
  readonly replyBytes?: number
}

/** Of doubles these sums are exact. */
const secondsOf = [1, 2, 4]

/** The lines that a gateway shows of an operation. */
export function operationLinesOf(counted: Counted, bounds = secondsOf): string[] {
  const labels = `http_request_method="${counted.method}",http_route="${counted.template}"`
  const duration = 'http_server_request_duration_seconds'
  const series = Object.entries(counted.statuses).flatMap(([status, [count, ...within]]) => {
    const both = `${labels},http_response_status_code="${status}"`
    const buckets = bounds.map(
      (le, i) => `${duration}_bucket{${both},le="${le}"} ${within[i] ?? count}`,
    )
    return [
      ...buckets,
      `${duration}_bucket{${both},le="+Inf"} ${count}`,
      `${duration}_count{${both}} ${count}`,
    ]
  })
  return [
    ...series,
    `http_server_request_body_size_bytes_sum{${labels}} ${counted.requestBytes ?? 0}`,
    `http_server_response_body_size_bytes_sum{${labels}} ${counted.replyBytes ?? 0}`,
  ]
}
