// The page of faults: the catalogue as a table, then a section for each code, which the `docs` link
// of a refusal points to.
import { type Fault, type FaultCode, faults } from '../../src/base.ts'
import { inputIssues } from '../../src/contract.ts'
import { jsonIssues, schemaIssues } from '../../src/schema.ts'
import { generatedFrom, table } from './markdown.ts'

const intro = `# Faults

Every refusal of the gateway carries one of these codes. The list is closed: a client can rely on it.
A refusal looks like this:

\`\`\`json
{
  "error": {
    "code": "INVALID_INPUT",
    "message": "The request does not match the contract: '/email' in the body must be a valid email.",
    "details": [
      { "in": "body", "field": "/email", "issue": "invalid_format", "message": "must be a valid email" }
    ],
    "retryable": false,
    "requestId": "b24687a5d2e22498e31184ba694efd91"
  }
}
\`\`\`

or like this, as \`application/problem+json\` (RFC 9457), where the request's \`Accept\` prefers that or the API declares it:

\`\`\`json
{
  "type": "about:blank",
  "title": "Bad Request",
  "status": 400,
  "code": "INVALID_INPUT",
  "detail": "The request does not match the contract: '/email' in the body must be a valid email.",
  "details": [
    { "in": "body", "field": "/email", "issue": "invalid_format", "message": "must be a valid email" }
  ],
  "retryable": false,
  "requestId": "9f220a92e78f8f2513be9f33a9a40a88"
}
\`\`\`

\`retryable\` says whether the same request may succeed later. A fault of 500 and above is retryable only where sending
the request twice can do no harm: its method is idempotent, or nothing of it was sent to the service. *Whose* says who
has to act: the client, the upstream, or the gateway.

Each entry of \`details\` says where (\`in\`, and \`field\`: a name, or a JSON Pointer into the body), what (\`issue\`, one of
[these words](#words-of-details)) and the same for people (\`message\`). It never repeats a value.
`

const byStatus = (Object.entries(faults) as [FaultCode, Fault][]).toSorted(
  ([a, one], [b, other]) => one.status - other.status || a.localeCompare(b),
)

export function faultsPage(): string {
  const from = generatedFrom('`src/base/fault.ts`')
  return [from, intro, overview(), ...byStatus.map(section), issues()].join('\n')
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

/** A heading of its own, so that a link with the code as its fragment leads there. */
const section = ([code]: [FaultCode, Fault]): string => `## ${code}

${faultFacts(code)}
[More](faults/${code}.md)
`

export function faultFacts(code: FaultCode): string {
  const { status, message, cause, cure, blame } = faults[code]
  return `${status}. ${message}

- **Cause.** ${cause}
- **Cure.** ${cure}
- **Whose.** ${blame}
- **Retry.** ${retryText(faults[code])}
`
}

function retryText({ retryable, status }: Fault): string {
  if (!retryable) return 'Does not help.'
  return status < 500 ? 'May help.' : 'May help, where sending twice does no harm.'
}

const issues = (): string => `## Words of details

What \`issue\` may say. Of a parameter or a body as a whole:

${wordTable(inputIssues)}
Of a body as JSON:

${wordTable(jsonIssues)}
Of a value that its schema does not allow:

${wordTable(schemaIssues)}`

const wordTable = (words: Readonly<Record<string, string>>): string =>
  table(
    ['Word', 'Means'],
    Object.entries(words).map(([word, means]) => [`\`${word}\``, means]),
  )
