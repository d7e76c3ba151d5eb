// The page of faults: the catalogue as a table, then a section for each code, which the `docs` link
// of a refusal points to.
import { type Fault, type FaultCode, faults } from '../../src/base.ts'
import { generatedFrom, table } from './markdown.ts'

const intro = `# Faults

Every refusal of the gateway carries one of these codes. The list is closed: a client can rely on it.
A refusal looks like this, or as \`application/problem+json\` (RFC 9457) where the request's \`Accept\` prefers that or
the API declares it:

\`\`\`json
{
  "error": {
    "code": "INVALID_INPUT",
    "message": "The request does not match the contract.",
    "details": [
      { "in": "body", "field": "/email", "issue": "invalid_format", "message": "must be an email address" }
    ],
    "retryable": false,
    "requestId": "5b1f0e5c7a9d4c3e8f2a6b7c8d9e0f1a"
  }
}
\`\`\`

\`retryable\` says whether the same request may succeed later. A fault of 500 and above is retryable only where sending
the request twice can do no harm: its method is idempotent, or nothing of it was sent to the service. *Whose* says who has to act: the client, the upstream, or the gateway.
`

const byStatus = (Object.entries(faults) as [FaultCode, Fault][]).toSorted(
  ([a, one], [b, other]) => one.status - other.status || a.localeCompare(b),
)

export function faultsPage(): string {
  return [generatedFrom('`src/base/fault.ts`'), intro, overview(), ...byStatus.map(section)].join(
    '\n',
  )
}

function overview(): string {
  return table(
    ['Status', 'Code', 'Whose', 'Retry'],
    byStatus.map(([code, { blame, retryable, status }]) => [
      String(status),
      `[\`${code}\`](#${code.toLowerCase()})`,
      blame,
      retryable ? 'may help' : 'no',
    ]),
  )
}

function section([code, fault]: [FaultCode, Fault]): string {
  return `## ${code}

${fault.status}. ${fault.message}

- **Cause.** ${fault.cause}
- **Cure.** ${fault.cure}
- **Whose.** ${fault.blame}
- **Retry.** ${retryText(fault)}
`
}

function retryText({ retryable, status }: Fault): string {
  if (!retryable) return 'Does not help.'
  return status < 500 ? 'May help.' : 'May help, where sending twice does no harm.'
}
