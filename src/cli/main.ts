// From the words of a command line to a command and an exit code. Each command is a file that is
// loaded when it is chosen.
import {
  type Command as CommandType,
  Command,
  CommanderError,
  InvalidArgumentError,
} from 'commander'
import { version, workersMax } from '../base.ts'
import { explainCommand, shadowCommand } from './explain-options.ts'
import { wantsColour } from './style.ts'
import { initCommand } from './init-options.ts'
import { mockCommand } from './mock-options.ts'
import { topCommand } from './top-options.ts'
import { type ExitCode, processWorld, type World } from './world.ts'

/** Runs the command line of this process and leaves its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  process.exitCode = await commandLine(args, processWorld())
  // What nobody waits for any more must not hold the process.
  setTimeout(() => process.exit(), lingerMsMax).unref()
}

const lingerMsMax = 1_000

export async function commandLine(args: readonly string[], world: World): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: 0 }
  try {
    await programFor(world, outcome).parseAsync(args, { from: 'user' })
    return outcome.code
  } catch (error) {
    // What commander throws it has already said: help and version, or a usage error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
}

function programFor(world: World, outcome: { code: ExitCode }): CommandType {
  const program = new Command('concordat')
    .description('Runs an API from its contract.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'Print help of a command.')
    .showSuggestionAfterError()
    .showHelpAfterError('Try --help.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.out.write(text),
      writeErr: (text) => world.err.write(text),
      getOutHasColors: () => wantsColour(world.out, world.env),
      getErrHasColors: () => wantsColour(world.err, world.env),
    })
    .addHelpText('after', examples)
  const settle = async (code: Promise<ExitCode>) => {
    outcome.code = await code
  }

  initCommand(program.command('init'), async (options) => {
    const { init } = await import('./init.ts')
    await settle(init(options, world))
  })

  sourced(program.command('run'), 'Serve a contract: the gateway in front of a service.')
    .option('--to <url>', 'address of the service; repeat it for more endpoints', listed)
    .option('--host <host>', 'address to listen on (127.0.0.1)')
    .option('--port <port>', 'port to listen on (8080); 0 takes a free one', portNumber)
    .option(
      '--admin-port <port>',
      'port of metrics and probes (9090); 0 takes a free one',
      portNumber,
    )
    .option(
      '--workers <count>',
      'threads that serve beside the main one (one for each core); 0 serves in the main one',
      workerCount,
    )
    .option('--tls', 'serve https, with a certificate for this machine that is made here')
    .option('--no-watch', 'put changed files in force on SIGHUP alone')
    .action(async (contract: string | undefined, options) => {
      const { run } = await import('./run.ts')
      await settle(run({ ...options, contract }, world))
    })

  const mocked = sourced(program.command('mock'), 'Serve a contract without a service behind it.')
  mockCommand(mocked, async (options) => {
    const { mock } = await import('./mock.ts')
    await settle(mock(options, world))
  })

  judged(
    program.command('check'),
    'Say what is wrong with a contract and its configuration.',
  ).action(async (contract: string | undefined, options) => {
    const { check } = await import('./check.ts')
    await settle(check({ ...options, contract }, world))
  })

  judged(program.command('routes'), 'List the routes and the policies of each.').action(
    async (contract: string | undefined, options) => {
      const { routes } = await import('./routes.ts')
      await settle(routes({ ...options, contract }, world))
    },
  )

  program
    .command('limits')
    .description('Print every bound, and the defaults of each audience.')
    .option('--json', 'print JSON')
    .action(async (options) => {
      const { limits } = await import('./limits.ts')
      await settle(limits(options, world))
    })

  const explained = judgedFiles(
    program.command('explain'),
    'Say why a request is let through or not.',
  )
  explainCommand(explained, async (options) => {
    const { explain } = await import('./explain.ts')
    await settle(explain(options, world))
  })

  shadowCommand(program.command('shadow'), async (options) => {
    const { shadow } = await import('./shadow.ts')
    await settle(shadow(options, world))
  })

  topCommand(program.command('top'), async (options) => {
    const { top } = await import('./top.ts')
    await settle(top(options, world))
  })
  return program
}

/** What every command takes that serves nothing: it runs no code of others unless it is told to. */
function judged(command: CommandType, description: string): CommandType {
  return judgedFiles(withContract(command), description)
}

function judgedFiles(command: CommandType, description: string): CommandType {
  return fromFiles(command, description).option(
    '--trust',
    'run the code that the configuration is or names: a stranger might have written it',
  )
}

/** What every command that reads a contract takes. */
function sourced(command: CommandType, description: string): CommandType {
  return fromFiles(withContract(command), description)
}

const withContract = (command: CommandType): CommandType =>
  command.argument('[contract]', 'OpenAPI document (JSON, YAML) or protobuf descriptor set')

function fromFiles(command: CommandType, description: string): CommandType {
  return command
    .description(description)
    .option('--config <file>', 'configuration (without a contract: concordat.yaml of this folder)')
    .option('--overlay <file>', 'OpenAPI Overlay to apply to the contract; repeat it', listed)
    .option(
      '--allow-ref <path>',
      'file or folder elsewhere that the contract may read; repeat it',
      listed,
    )
    .option('--json', 'print JSON')
}

const examples = `
Examples:
  concordat init
  concordat run openapi.yaml --to http://127.0.0.1:3000
  concordat run --config concordat.yaml
  concordat mock openapi.yaml
  concordat check openapi.yaml
  concordat routes openapi.yaml --json
  concordat limits
  concordat explain GET /v1/channels/c1
  concordat shadow
  concordat top --admin http://127.0.0.1:9090
`

const listed = (one: string, before: string[] | undefined): string[] => [...(before ?? []), one]

const portMax = 65_535

const portNumber = (text: string): number => wholeNumber(text, portMax)

const workerCount = (text: string): number => wholeNumber(text, workersMax)

function wholeNumber(text: string, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= max) return value
  throw new InvalidArgumentError(`It is a whole number from 0 to ${max}.`)
}
