// What `init` takes on its command line: known before `init` itself is loaded.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { InitOptions } from './init.ts'

export function initCommand(command: Command, run: (options: InitOptions) => Promise<void>) {
  return command
    .description('Draft a contract and a configuration from a few questions.')
    .argument('[contract]', 'OpenAPI document; drafted where it is not there (openapi.yaml)')
    .option('--upstream <url>', 'address of the service (http://127.0.0.1:3000)')
    .addOption(choice('--audience <who>', 'who calls', ['public', 'partner', 'internal']))
    .option('--title <text>', 'name of the API, for a new contract')
    .option('--resources <names>', 'what it is about: channels,channels/messages')
    .addOption(
      choice('--credential <what>', 'what clients send', ['key', 'bearer', 'both', 'none']),
    )
    .option('--rate <count>', 'requests a minute for each client address; 0: no limit', whole)
    .option('--latency <ms>', 'what the slowest reply takes on a good day', whole)
    .option('--shadow', 'count at first what would be refused, and let it through')
    .option('--yes', 'ask nothing: take the usual for what is not given')
    .option('--force', 'replace a configuration that is there')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action((contract: string | undefined, options: InitOptions) => run({ ...options, contract }))
}

const examples = `
Examples:
  concordat init
  concordat init openapi.yaml --upstream http://127.0.0.1:3000
  concordat init --yes --title Chat --resources channels,channels/messages --audience partner
`

const choice = (flags: string, says: string, choices: readonly string[]) =>
  new Option(flags, says).choices(choices)

function whole(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number.')
}
