// What `mock` takes on its command line beside the contract: known before `mock` itself is loaded.
import { type Command, InvalidArgumentError } from 'commander'
import type { MockOptions } from './mock.ts'

export function mockCommand(command: Command, run: (options: MockOptions) => Promise<void>) {
  return command
    .option('--host <host>', 'address to listen on (127.0.0.1)')
    .option('--port <port>', 'port to listen on (8080); 0 takes a free one', whole(65_535))
    .option('--admin-port <port>', 'port of metrics and probes (a free one)', whole(65_535))
    .option(
      '--seed <number>',
      'answers what another run with this seed answered',
      whole(2 ** 31),
      1,
    )
    .option('--latency <ms>', 'time that replies take: 100, 50..200 or p50=20,p99=400')
    .option('--faults <rate>', 'share of replies that fail, from 0 to 1', rate, 0)
    .option('--stateless', 'remember nothing: answer from examples and schemas alone')
    .option('--no-watch', 'put changed files in force on SIGHUP alone')
    .addHelpText('after', examples)
    .action((contract: string | undefined, options: MockOptions) => run({ ...options, contract }))
}

const examples = `
Examples:
  concordat mock openapi.yaml
  concordat mock openapi.yaml --latency p50=20,p99=400 --faults 0.1 --seed 7
  curl -H 'Prefer: code=404' http://127.0.0.1:8080/v1/channels/ch_x9y8z7
`

const whole = (max: number) => (text: string) => {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= max) return value
  throw new InvalidArgumentError(`It is a whole number from 0 to ${max}.`)
}

function rate(text: string): number {
  const value = Number(text)
  if (/^\d*\.?\d+$/.test(text) && value <= 1) return value
  throw new InvalidArgumentError('It is a share from 0 to 1, such as 0.1.')
}
