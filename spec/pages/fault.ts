// A page for each fault: what the catalogue says, and an exchange that shows it. The examples lie in
// fault-examples/, written by hand, over one contract that all of them share.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FaultCode, faults } from '../../src/base.ts'
import { faultFacts } from './faults.ts'
import { generatedFrom } from './markdown.ts'

const folder = join(import.meta.dirname, 'fault-examples')

export const faultFile = (code: FaultCode): string => `faults/${code}.md`

export const faultCodes = Object.keys(faults) as FaultCode[]

export function faultPage(code: FaultCode): string {
  const from = generatedFrom('`src/base/fault.ts` and `spec/pages/fault-examples/`')
  const example = exampleOf(code)
  const shown = example === undefined ? '' : `\n${withContract(example)}`
  return `${from}\n# ${code}\n\n${faultFacts(code)}${shown}`
}

function exampleOf(code: FaultCode): string | undefined {
  const file = join(folder, `${code}.md`)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Only an exchange needs the contract. */
function withContract(example: string): string {
  if (!/^```http/m.test(example)) return example
  const contract = readFileSync(join(folder, 'openapi.yaml'), 'utf8')
  const config = example.includes('file=concordat.yaml')
    ? ''
    : '```yaml file=concordat.yaml\npolicies: { auth: upstream }\n```\n\n'
  return (
    `${example}\n## The contract of the example\n\nIt runs with this contract in front of a service that answers 200 \`ok\` where nothing else is shown.\n\n\`\`\`yaml file=openapi.yaml\n${contract}\`\`\`\n\n${config}`.trimEnd() +
    '\n'
  )
}
