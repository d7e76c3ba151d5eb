// What `top` takes on its command line: known before `top` itself is loaded.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TopOptions } from './top.ts'
import { sorts } from './top-sorts.ts'

export function topCommand(command: Command, run: (options: TopOptions) => Promise<void>): Command {
  return command
    .description('Watch a running gateway live in the terminal.')
    .option('--admin <url>', 'its admin port', adminUrl, defaultAdmin)
    .option('--interval <ms>', 'time between two looks', intervalMs, 1_000)
    .option('--once', 'print the figures of one interval, and end', false)
    .option('--json', 'print JSON, one line for each interval', false)
    .addOption(new Option('--sort <by>', 'order of operations').choices(sorts).default('rate'))
    .option('--rows <count>', 'most operations to show', rowsMax)
    .action(({ interval, rows, ...options }) =>
      run({ ...options, intervalMs: interval, rowsMax: rows }),
    )
}

/** Of `host:port`, and of a port alone, the rest is understood. */
export function adminUrl(text: string): URL {
  const local = /^\d+$/.test(text) ? `127.0.0.1:${text}` : text
  const url = URL.parse(/^https?:\/\//i.test(local) ? local : `http://${local}`)
  if (url !== null) return url
  throw new InvalidArgumentError('It is an address like http://127.0.0.1:9090.')
}

export const defaultAdmin = adminUrl('http://127.0.0.1:9090')

const intervalMs = (text: string): number => between(text, 100, 60_000)

const rowsMax = (text: string): number => between(text, 1, 10_000)

function between(text: string, min: number, max: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= min && value <= max) return value
  throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`)
}
