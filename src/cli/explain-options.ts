// What `explain` and `shadow` take on their command lines: known before they are loaded.
import { type Command, InvalidArgumentError } from 'commander'
import type { ExplainOptions } from './explain.ts'
import type { ShadowOptions } from './shadow.ts'
import { adminUrl, defaultAdmin } from './top-options.ts'

type Explain = Omit<ExplainOptions, 'words'>

const listed = (one: string, before: string[] | undefined): string[] => [...(before ?? []), one]

function listedFields(one: string, before: string[] | undefined): string[] {
  if (/^[^:]+:/.test(one)) return listed(one, before)
  throw new InvalidArgumentError("It is a field: 'Name: value'.")
}

/** `command` takes a configuration already, and no contract as its argument. */
export function explainCommand(
  command: Command,
  run: (options: ExplainOptions) => Promise<void>,
): Command {
  return command
    .usage('[options] METHOD PATH | REQUEST-ID')
    .argument('[words...]', 'METHOD PATH of a request to try, or the id of one that was served')
    .option('--contract <file>', 'contract (without it, that of the configuration)')
    .option('--as <address>', 'client address of the request (127.0.0.1)')
    .option('--request <file>', 'the request as a file: fields, empty line, body; - for stdin')
    .option('--header <field>', "a field, 'Name: value'; repeat it", listedFields)
    .option('--to <url>', 'address of the service, where no configuration names it', listed)
    .option('--admin <url>', 'admin port of the gateway that served the id', adminUrl, defaultAdmin)
    .addHelpText('after', explainExamples)
    .action((words: string[], options: Explain) => run({ ...options, words }))
}

const explainExamples = `
Examples:
  concordat explain GET '/v1/channels/c1?limit=5' --contract openapi.yaml
  concordat explain POST /v1/channels --request request.txt --as 203.0.113.7
  concordat explain 5b1f0e5c7a9d4c3e8f2a6b7c8d9e0f1a --admin 127.0.0.1:9090
`

export function shadowCommand(
  command: Command,
  run: (options: ShadowOptions) => Promise<void>,
): Command {
  return command
    .description('Show what policies in shadow would have refused.')
    .option('--admin <url>', 'admin port of the gateway', adminUrl, defaultAdmin)
    .option('--policy <id>', 'of this policy alone')
    .option('--json', 'print JSON', false)
    .addHelpText('after', shadowExamples)
    .action((options: ShadowOptions) => run(options))
}

const shadowExamples = `
Examples:
  concordat shadow
  concordat shadow --policy limit --admin 127.0.0.1:9090
  concordat shadow --json
`
