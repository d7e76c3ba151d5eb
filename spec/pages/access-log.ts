// The page of the access log: its keys, read off a line in which nothing is left out.
import { refuse } from '../../src/base.ts'
import { createAccessLog, type ExchangeRecord } from '../../src/telemetry.ts'
import { generatedFrom, table } from './markdown.ts'

const intro = `# Access log

One line of JSON for each exchange, refused ones too, on standard output or in the file that \`log.access\` names. It holds
the path without its query, no field of the request but \`Host\` and \`User-Agent\`, and no body; values of the path
parameters under \`log.redact\` are left out. Long texts are cut, and nothing of a client can end a line or steer a terminal. A sink
that is too slow costs lines, counted in \`concordat_log_lines_dropped_total\`, and never the time of a request. Lines of
several threads stand whole, and about in order of time; [rotate](operating.md#the-access-log) a file by copying and
truncating it.
`

const record: ExchangeRecord = {
  id: '531a6577e9cf01bd6de402a35479df8c',
  operation: 0,
  method: 'POST',
  httpVersion: '2',
  path: '/notes',
  host: 'api.example',
  clientAddress: '203.0.113.7',
  status: 502,
  fault: 'UPSTREAM_PROTOCOL',
  reason: 'Content-Length stands twice',
  refusedBy: undefined,
  refusedAt: undefined,
  refusal: undefined,
  grpcStatus: 13,
  closed: { code: 1011, by: 'upstream' },
  shadows: [{ policy: 'limit', at: 0, refusal: refuse('LIMIT_EXCEEDED') }],
  durationMs: 3.25,
  upstreamMs: 2.875,
  requestBytes: 30,
  replyBytes: 211,
  endpoint: '10.0.0.7:3000',
  userAgent: 'curl/8.14.1',
  finishedEpochMs: Date.UTC(2026, 2, 12, 10, 30),
}

const meanings: Readonly<Record<string, string>> = {
  time: 'when it ended, in UTC',
  id: 'as in `X-Request-Id`, here and at the service',
  method: 'as it came',
  httpVersion: 'in which the client asked: `1.0`, `1.1`, `2` or `3`',
  host: 'as the request named it',
  path: 'as it came, without the query',
  operation: 'the `operationId`; absent where no operation was found',
  route: 'the template with its base path; absent likewise',
  status: 'of the reply; 0 where none could be sent',
  grpcStatus: 'what a client of [gRPC](grpc.md) is told: its own status is always 200',
  fault: 'the [code](faults.md) of a refusal; absent where nothing was refused',
  reason: 'why, for operators: the client is not told',
  client: 'the address that limits count: the peer, or who trusted hops say it is',
  requestBytes: 'of the body, without framing; of a WebSocket all from the client',
  replyBytes: 'of the body, without framing; of a WebSocket all to the client',
  durationMs: 'from the end of the head to the end of the reply',
  upstreamMs:
    'of it, from the request going upstream to the end of the reply; 0 where nothing was sent',
  endpoint: 'the address that served it; absent where none was asked',
  userAgent: 'absent where none was sent',
  closeCode:
    'of a WebSocket: what its first Close said; 1005 where that said nothing, 1006 where there was none',
  closedBy: 'of a WebSocket: whose Close it was, `client`, `upstream` or `gateway`',
  shadows: 'policies in shadow that would have refused; absent where there are none',
}

export function accessLogPage(): string {
  const line = lineOf(record)
  const rows = Object.keys(JSON.parse(line) as object).map((key) => [`\`${key}\``, meaningOf(key)])
  const example = `\`\`\`json\n${line}\`\`\`\n`
  const from = generatedFrom('`src/telemetry/access-log.ts`')
  return [from, intro, example, table(['Key', 'Says'], rows)].join('\n')
}

function meaningOf(key: string): string {
  const meaning = meanings[key]
  if (meaning === undefined) throw new Error(`the page of the access log does not know '${key}'`)
  return meaning
}

function lineOf(one: ExchangeRecord): string {
  let text = ''
  const lines = {
    line: (line: string) => {
      text += line
    },
    dropped: () => 0,
    close: async () => {},
  }
  createAccessLog({ lines }).bind([{ id: 'createNote', method: 'POST', template: '/notes' }])(one)
  return text
}
