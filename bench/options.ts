// What may stand on the command line of the bench.
import { parseArgs } from 'node:util'
import { cases } from './cases.ts'
import { protocolCases } from './protocols/cases.ts'

export interface Options {
  /** Names of what is to be measured. */
  readonly wanted: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly quick: boolean
  readonly json: boolean
  readonly save: boolean
  readonly strict: boolean
  readonly profile: boolean
  /** A script in Concordat's place. */
  readonly gateway: string | undefined
  /** What is loaded in the case `loading`, in place of contracts of ours. */
  readonly contract: string | undefined
}

const single = [
  'transfer',
  'idle',
  'operations',
  'loading',
  'workers',
  'policies',
  'start',
  'schema',
  'steps',
] as const

/** `--case protocols` stands for all of these. */
const protocols: readonly string[] = [...protocolCases.map(({ name }) => name), 'idle-websockets']

const names: readonly string[] = [...cases.map(({ name }) => name), ...single, ...protocols]

export const usage = `npm run bench [-- OPTIONS]

  --case NAME     only this; repeat it for more:
                  ${names.slice(0, 7).join(', ')},
                  ${names.slice(7, 14).join(', ')},
                  ${names.slice(14).join(', ')};
                  protocols: the last eight
  --rounds N      alternations (9)
  --seconds S     of each round (3)
  --quick         to see that all works: 2 rounds of 1 s, contracts to 10,000 operations
  --json          print JSON
  --save          write bench/RESULTS.md and its charts, for whole runs alone; with
                  --case protocols: bench/PROTOCOLS.md
  --strict        end with 1 where a goal is missed
  --profile       write a CPU profile of the gateway; its figures mean less then
  --contract FILE load this contract, OpenAPI in JSON or YAML; with --case loading alone
  --gateway FILE  measure this script in Concordat's place, by itself the relay case alone;
                  it finds its ports in PORT and UPSTREAM_PORT`

/** The options, or a text to print: what is wrong, or the usage that was asked for. */
export function readOptions(
  args: readonly string[],
): Options | { readonly text: string; readonly asked: boolean } {
  try {
    const { help, ...options } = parsed(args)
    return help ? { text: usage, asked: true } : options
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { text: `${reason}\n\n${usage}`, asked: false }
  }
}

function parsed(args: readonly string[]): Options & { readonly help: boolean } {
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: flag,
      gateway: { type: 'string' },
      contract: { type: 'string' },
      json: flag,
      save: flag,
      strict: flag,
      profile: flag,
      help: flag,
    },
  })
  const { case: chosen, gateway, contract, rounds, seconds, ...flags } = values
  const isProtocols = chosen?.join() === 'protocols'
  const unknown = chosen?.find((name) => !isProtocols && !names.includes(name))
  if (unknown !== undefined) throw new Error(`No case is named '${unknown}'.`)
  const part =
    (chosen !== undefined && !isProtocols) || gateway !== undefined || flags.profile || flags.quick
  if (flags.save && part)
    throw new Error('Only whole runs of Concordat itself are kept: drop --save, or the rest.')
  if (contract !== undefined && chosen?.join() !== 'loading')
    throw new Error('--contract goes with --case loading, and with no other.')
  return {
    ...flags,
    gateway,
    contract,
    wanted: isProtocols ? protocols : (chosen ?? (gateway === undefined ? names : ['relay'])),
    rounds: positive('--rounds', rounds ?? (flags.quick ? '2' : '9')),
    seconds: positive('--seconds', seconds ?? (flags.quick ? '1' : '3')),
  }
}

/** Whole: wrk takes no part of a second. */
function positive(option: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new Error(`${option} is a whole number from 1 to 9999, not '${text}'.`)
}
