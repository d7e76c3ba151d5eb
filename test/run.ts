// `npm test`: the checks side by side, then every *.test.ts in a process of its own, then the
// skipped tests with their reasons and node's closing lines. With CI=true a skip fails the run,
// unless only the outside test data is absent: a service that CI forgot must not pass in silence.
// Arguments: `--checks` stops after the checks; anything else picks test files by a part of their path.
import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { styleText } from 'node:util'
import { fixturesAbsent } from './fixtures.ts'

const root = join(import.meta.dirname, '..')
const fileTimeoutMs = 300_000

/** What tests build and compile is kept for one run, and not in the user's own folder. */
const cache = mkdtempSync(join(tmpdir(), 'concordat-tests-'))
process.env['XDG_CACHE_HOME'] = cache
process.env['NODE_COMPILE_CACHE'] = join(cache, 'code')
process.on('exit', () => rmSync(cache, { recursive: true, force: true }))

const checks: readonly [name: string, command: string, ...args: string[]][] = [
  ['types', 'tsc', '-p', '.'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['format', 'oxfmt', '--check', '.'],
  ['tidy', 'node', 'test/tidy.ts'],
]

const picks = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const checksHold = await runChecks()
if (process.argv.includes('--checks')) process.exitCode = checksHold ? 0 : 1
else if (!(await runTests()) || !checksHold) process.exitCode = 1

async function runChecks(): Promise<boolean> {
  const results = await Promise.all(checks.map(runCheck))
  for (const { name, passed, output } of results) {
    console.log(passed ? styleText('green', `✔ ${name}`) : styleText('red', `✖ ${name}`))
    if (output !== '') console.log(output)
  }
  return results.every((one) => one.passed)
}

type CheckResult = { name: string; passed: boolean; output: string }

function runCheck([name, command, ...args]: (typeof checks)[number]): Promise<CheckResult> {
  return new Promise((settle) => {
    const path = `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}`
    const child = spawn(command, args, { cwd: root, env: { ...process.env, PATH: path } })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => settle({ name, passed: false, output: error.message }))
    child.on('close', (code) => {
      const text = Buffer.concat(chunks).toString().trim()
      // A linter that is content has nothing worth reading; tidy's warnings are.
      settle({ name, passed: code === 0, output: code !== 0 || name === 'tidy' ? text : '' })
    })
  })
}

async function runTests(): Promise<boolean> {
  const files = globSync('{src,test,examples,bench,spec,site}/**/*.test.ts', { cwd: root })
    .filter((file) => picks.length === 0 || picks.some((pick) => file.includes(pick)))
    .toSorted()
    .map((file) => join(root, file))
  const skips: string[] = []
  const outcome = { failed: false }
  const events = run({
    files,
    // Examples import the package by its name.
    execArgv: ['--import', join(root, 'test/own-name.ts')],
    timeout: fileTimeoutMs,
    concurrency: availableParallelism(),
  })
  const report = Readable.from(withSkipsAtEnd(events, skips, outcome)).pipe(new spec())
  report.pipe(process.stdout, { end: false })
  await finished(report)
  const forgotten = skips.filter((reason) => reason !== fixturesAbsent)
  if (process.env['CI'] !== 'true' || forgotten.length === 0) return !outcome.failed
  console.log(styleText('red', `✖ skipped in CI: ${[...new Set(forgotten)].join('; ')}`))
  return false
}

/** Passes every event on; before the closing lines it says what was skipped, and why. */
async function* withSkipsAtEnd(
  events: AsyncIterable<TestEvent>,
  skips: string[],
  outcome: { failed: boolean },
): AsyncGenerator<TestEvent> {
  const lines: string[] = []
  const closing: TestEvent[] = []
  for await (const event of events) {
    if (event.type === 'test:fail') outcome.failed = true
    if (event.type === 'test:pass' && event.data.skip) {
      const reason = event.data.skip === true ? 'no reason given' : event.data.skip
      skips.push(reason)
      lines.push(`skipped: ${event.data.name}: ${reason}`)
    }
    if (isClosingLine(event)) closing.push(event)
    else yield event
  }
  for (const message of lines) {
    yield { type: 'test:diagnostic', data: { nesting: 0, message, level: 'info' } } as TestEvent
  }
  yield* closing
}

/** The counts of the whole run belong to no file. */
function isClosingLine(event: TestEvent): boolean {
  return (
    event.type === 'test:diagnostic' && event.data.file === undefined && event.data.nesting === 0
  )
}
