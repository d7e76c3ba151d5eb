// The program as an operator runs it: a process of its own, configured by a file in a folder of its
// own, which is asked to reload and to stop by signals.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'concordat')

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Files {
  readonly [name: string]: string
}

export class Program implements AsyncDisposable {
  readonly folder: string
  readonly pid: number
  readonly port: number
  /** Of every listener. */
  readonly urls: readonly string[]
  readonly adminUrl: string
  readonly ended: Promise<Exit>
  readonly #child: ChildProcess
  readonly #said: () => string

  constructor(folder: string, running: Running, announced: Announced) {
    this.folder = folder
    this.#child = running.child
    this.pid = running.child.pid!
    this.port = Number(new URL(announced.url).port)
    this.urls = announced.urls ?? [announced.url]
    this.adminUrl = announced.adminUrl
    this.ended = running.ended
    this.#said = running.said
  }

  /** `files` hold the configuration, which names its ports as 0. */
  static async start(
    files: Files,
    args: readonly string[] = [],
    config = 'concordat.yaml',
    heapMb?: number,
  ): Promise<Program> {
    const folder = mkdtempSync(join(tmpdir(), 'concordat-stay-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const running = run(folder, ['--config', config, ...args], heapMb)
    const ended = running.ended.then(() => Promise.reject(new Error(running.said())))
    try {
      return new Program(folder, running, await Promise.race([running.announced, ended]))
    } catch (error) {
      rmSync(folder, { recursive: true })
      throw error
    }
  }

  /** The end of what it has said to people. */
  get said(): string {
    return this.#said()
  }

  /** Puts a file into its place in one move, as a careful operator does. */
  write(name: string, text: string): void {
    const draft = join(this.folder, `.${name}.draft`)
    writeFileSync(draft, text)
    renameSync(draft, join(this.folder, name))
  }

  remove(name: string): void {
    rmSync(join(this.folder, name), { force: true })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
    rmSync(this.folder, { recursive: true, force: true })
  }
}

interface Announced {
  readonly url: string
  readonly urls?: readonly string[]
  readonly adminUrl: string
}

interface Running {
  readonly child: ChildProcess
  readonly announced: Promise<Announced>
  readonly ended: Promise<Exit>
  readonly said: () => string
}

function run(folder: string, args: readonly string[], heapMb?: number): Running {
  const all = [bin, 'run', '--json', ...args]
  const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`]
  const child = spawn(process.execPath, [...heap, ...all], {
    cwd: folder,
    env: { PATH: process.env['PATH'], XDG_CACHE_HOME: join(folder, '.cache') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', kill)
  const ended = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      process.removeListener('exit', kill)
      resolve({ code, signal })
    })
  })
  let text = ''
  child.stderr!.on('data', (piece: Buffer) => {
    text = (text + piece.toString()).slice(-16_384)
  })
  const announced = new Promise<Announced>((resolve) => {
    createInterface(child.stdout!).once('line', (line) => resolve(JSON.parse(line)))
  })
  return { child, announced, ended, said: () => text }
}
