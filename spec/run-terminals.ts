// Runs what a page shows in terminals: blocks of `console` in one, of `console NAME` in another of
// that name. A line after `$ ` is typed, `^C` is a key, and what is shown below must come; `…` stands
// for anything. What goes on running holds its terminal, and is given time to say what is shown.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { eventually } from '../test/raw-peer.ts'
import { blocksOf } from './run-page.ts'

export interface TerminalOptions {
  /** Where the first command is typed. */
  readonly cwd: string
  /** Where files of the page are written. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the page says, as it is here: ports of its own, for one. */
  readonly adapt: (text: string) => string
}

export async function runTerminals(
  t: TestContext,
  page: string,
  { cwd, folder, env, adapt }: TerminalOptions,
): Promise<void> {
  const terminals = new Map<string, Terminal>()
  const terminal = (name: string): Terminal => {
    const known = terminals.get(name)
    if (known !== undefined) return known
    const shell = spawn('bash', ['--norc'], { cwd, env, detached: true })
    const own = new Terminal(shell, name !== '', t)
    terminals.set(name, own)
    return own
  }
  for (const { info, text, line } of blocksOf(page)) {
    const file = / file=(?<file>\S+)$/.exec(info)?.groups?.['file']
    if (file !== undefined) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), adapt(text))
    }
    const name = /^console(?: (?<name>\w+))?$/.exec(info)?.groups
    if (name === undefined) continue
    const one = terminal(name['name'] ?? '')
    for (const { typed, shown } of inputsIn(text))
      await one.run(adapt(typed), adapt(shown), line, folder)
  }
}

interface Input {
  /** Empty where nothing is typed and something is said all the same. */
  readonly typed: string
  readonly shown: string
}

function inputsIn(text: string): Input[] {
  const inputs: { typed: string; shown: string }[] = []
  for (const line of text.trimEnd().split('\n')) {
    const typed = line === '^C' ? line : /^\$ (?<typed>.*)$/.exec(line)?.groups?.['typed']
    if (typed !== undefined) inputs.push({ typed, shown: '' })
    else if (inputs.length === 0) inputs.push({ typed: '', shown: line })
    else {
      const last = inputs.at(-1)!
      last.shown += last.shown === '' ? line : `\n${line}`
    }
  }
  return inputs
}

/** Said when a command has ended. */
const ended = (command: number): string => `##ended ${command}##`

class Terminal {
  readonly #shell: ChildProcess
  #said = ''
  /** What of it has been looked at. */
  #at = 0
  #commands = 0
  /** Whether what is typed there may go on running. */
  readonly #goesOn: boolean

  constructor(shell: ChildProcess, goesOn: boolean, t: TestContext) {
    this.#shell = shell
    this.#goesOn = goesOn
    const hear = (text: string) => {
      this.#said += text
    }
    shell.stdout!.setEncoding('utf8').on('data', hear)
    shell.stderr!.setEncoding('utf8').on('data', hear)
    t.after(async () => {
      if (shell.exitCode !== null) return
      // It and whatever it runs.
      process.kill(-shell.pid!, 'SIGTERM')
      await once(shell, 'exit')
    })
  }

  async run(typed: string, shown: string, line: number, folder: string): Promise<void> {
    if (typed === '^C') return this.#interrupt()
    if (typed !== '') {
      if (this.#commands === 0 && !typed.startsWith('export')) this.#type(`cd ${folder}`)
      this.#commands++
      this.#type(`${typed}; printf '${ended(this.#commands)}'`)
    }
    const wanted = patternOf(shown)
    const said = () =>
      this.#said.slice(this.#at).replaceAll(/##ended \d+##|^compiling .* …\n/gm, '')
    const isOver = () => this.#goesOn || this.#said.includes(ended(this.#commands))
    await eventually(`line ${line}: ${typed}`, () => isOver() && wanted.test(said())).catch(
      () => undefined,
    )
    assert.match(said(), wanted, `line ${line}: ${typed}\nshown:\n${shown}\n\nsaid:\n${said()}`)
    this.#at = this.#said.length
  }

  #type(text: string): void {
    this.#shell.stdin!.write(`${text}\n`)
  }

  async #interrupt(): Promise<void> {
    // The key reaches what runs in front; a shell without a terminal must be spared it.
    process.kill(-this.#shell.pid!, 'SIGINT')
    await eventually('what ran has ended', () => this.#said.includes(ended(this.#commands)))
    this.#at = this.#said.length
  }
}

/**
 * White space at ends of lines does not count, columns may be as wide as they like, and that
 * something is compiled is said only where it takes a while.
 */
function patternOf(shown: string): RegExp {
  const told = shown.replaceAll(/^compiling .* …\n/gm, '')
  const parts = told.split('…').map((part) =>
    part
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll(/ {2,}/g, ' +')
      .replaceAll('\n', String.raw`\s*\n`),
  )
  return new RegExp(`^\\s*${parts.join('[^]*')}`)
}
