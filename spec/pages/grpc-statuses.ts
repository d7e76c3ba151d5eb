// The page of gRPC statuses: what each fault is for a client of gRPC.
import { faults } from '../../src/base.ts'
import { grpcCodeOf } from '../../src/engine.ts'
import { grpcCodeOfHttp, grpcCodes } from '../../src/http.ts'
import { faultCodes } from './fault.ts'
import { generatedFrom, table } from './markdown.ts'

const intro = `# gRPC statuses

What a client of [gRPC](grpc.md) reads where another one reads a [fault](faults.md): \`grpc-status\`, the sentence as
\`grpc-message\`, and in \`grpc-status-details-bin\` the code of the fault (\`google.rpc.ErrorInfo\`, domain \`concordat\`), the
places that are wrong (\`BadRequest\`) and when to come again (\`RetryInfo\`).
`

const ofReplies = `
## Replies that are no gRPC

A reply of the service with another status than 200, or another media type, is \`UPSTREAM_NOT_GRPC\` in the record. The
client is told what gRPC has for the status:
`

const httpStatuses = [400, 401, 403, 404, 429, 502, 503, 504]

export function grpcStatusesPage(): string {
  const rows = faultCodes
    .map((code) => ({ code, name: grpcCodeOf(code) }))
    .toSorted((a, b) => grpcCodes[a.name] - grpcCodes[b.name] || a.code.localeCompare(b.code))
    .map(({ code, name }) => [
      String(grpcCodes[name]),
      name,
      `[\`${code}\`](faults/${code}.md)`,
      String(faults[code].status),
    ])
  const codes = httpStatuses.map((status) => [String(status), grpcCodeOfHttp(status)])
  return [
    generatedFrom('`src/engine/grpc-status.ts` and `src/http/grpc.ts`'),
    intro,
    table(['Status', 'Name', 'Fault', 'In HTTP'], rows),
    ofReplies,
    table(['HTTP', 'gRPC'], [...codes, ['all others', grpcCodeOfHttp(0)]]),
  ].join('\n')
}
