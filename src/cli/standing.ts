// How what runs stands to what is written: for probes, and in the words of the console.
import { isDeepStrictEqual } from 'node:util'
import { eachOf, type Problem } from '../base.ts'
import type { Outcome, Reloader, Standing, WholeBuild } from '../control.ts'
import { openSnapshot } from '../snapshot.ts'
import { problemCounts, problemJson, problemLines } from './problems.ts'
import { counted, type Paint } from './style.ts'
import { summaryOf } from './summary.ts'

/** A probe is read on a screen. */
const linesShown = 5

type Reloads = Pick<Reloader, 'standing' | 'running' | 'loadedEpochMs' | 'sinceEpochMs'>

/** For `/readyz`. */
export function standingJson(reloads: Reloads, cwd: string): object {
  const { standing, running, loadedEpochMs, sinceEpochMs } = reloads
  return {
    state: standing.state,
    revision: summaryOf(running.snapshot).revision,
    loadedAt: isoTime(loadedEpochMs),
    since: isoTime(sinceEpochMs),
    ...whyJson(standing, cwd),
  }
}

function whyJson(standing: Standing, cwd: string): object {
  switch (standing.state) {
    case 'current':
      return {}
    case 'restart':
      return { restart: standing.settings }
    case 'failed':
      return { problem: standing.reason }
    case 'refused': {
      const { problems } = standing
      return { problem: firstLines(problems, cwd), problems: problems.length }
    }
  }
}

function firstLines(problems: readonly Problem[], cwd: string): string {
  const errors = problems.filter(({ severity }) => severity === 'error')
  return problemLines(errors.slice(0, linesShown), cwd, plain).trimEnd()
}

const plain: Paint = (_tint, text) => text

const isoTime = (epochMs: number): string => new Date(epochMs).toISOString()

/** How a console is told. */
export interface Telling {
  readonly cwd: string
  readonly paint: Paint
  /** Of what is built, as the person wrote it. */
  readonly shown: string
  /** Where the API is served now. */
  readonly url: string
}

/** What a person is told of a reload. */
export function outcomeText(
  outcome: Outcome,
  { loadedEpochMs }: Reloads,
  { cwd, paint, shown, url }: Telling,
): string {
  const stays = `the configuration of ${clockTime(loadedEpochMs)} stays in force\n`
  const error = paint('red', 'error')
  switch (outcome.outcome) {
    case 'applied': {
      const { before, now, tookMs } = outcome
      const change = operationsText(operationsChange(before.snapshot, now.snapshot))
      const revision = shortRevision(now.snapshot)
      const line = `revision ${revision} (${change}) in ${Math.round(tookMs)} ms`
      const moved = isMoved(before, now) ? `serves at ${paint('green', url)}\n` : ''
      return `${problemLines(now.problems, cwd, paint)}${paint('green', 'reloaded')}: ${line}\n${moved}`
    }
    case 'unchanged': {
      const revision = shortRevision(outcome.now.snapshot)
      return `unchanged: revision ${revision} of ${clockTime(loadedEpochMs)} stays in force\n`
    }
    case 'refused': {
      const { problems } = outcome
      const refusal = `${error}: ${shown} is refused: ${problemCounts(problems)}\n`
      return `${problemLines(problems, cwd, paint)}${refusal}${stays}`
    }
    case 'failed':
      return `${error}: ${shown} cannot be put in force: ${outcome.reason}\n${stays}`
  }
}

function isMoved({ deployment: before }: WholeBuild, { deployment: now }: WholeBuild): boolean {
  return !isDeepStrictEqual(before.listen, now.listen)
}

/** What is only written, and holds from the next start on. */
export function restartText({ standing }: Reloads, paint: Paint): string {
  if (standing.state !== 'restart') return ''
  const warning = paint('yellow', 'warning')
  return standing.settings.map((one) => `${warning}: needs a restart: ${one}\n`).join('')
}

/** What a program is told of a reload. */
export function outcomeJson(
  outcome: Outcome,
  reloads: Reloads,
  { cwd, url }: Pick<Telling, 'cwd' | 'url'>,
): object {
  const { running, loadedEpochMs, standing } = reloads
  return {
    reload: outcome.outcome,
    url,
    ...summaryOf(running.snapshot),
    loadedAt: isoTime(loadedEpochMs),
    ...detailsJson(outcome, cwd),
    ...(standing.state === 'restart' ? { restart: standing.settings } : {}),
  }
}

function detailsJson(outcome: Outcome, cwd: string): object {
  switch (outcome.outcome) {
    case 'applied': {
      const { before, now, tookMs } = outcome
      const change = operationsChange(before.snapshot, now.snapshot)
      return { ...change, tookMs: Math.round(tookMs), problems: listed(now.problems, cwd) }
    }
    case 'unchanged':
      return { problems: listed(outcome.now.problems, cwd) }
    case 'refused':
      return { problems: listed(outcome.problems, cwd) }
    case 'failed':
      return { reason: outcome.reason }
  }
}

const listed = (problems: readonly Problem[], cwd: string): object[] =>
  problems.map((one) => problemJson(one, cwd))

interface OperationsChange {
  readonly more: number
  readonly less: number
}

function operationsChange(before: Uint8Array, now: Uint8Array): OperationsChange {
  const [old, current] = [namesOf(before), namesOf(now)]
  return { more: current.difference(old).size, less: old.difference(current).size }
}

function namesOf(snapshot: Uint8Array): Set<string> {
  const names = eachOf(openSnapshot(snapshot).names)
  return new Set(names.map(({ method, template }) => `${method} ${template}`))
}

function operationsText({ more, less }: OperationsChange): string {
  if (more === 0 && less === 0) return 'the same operations'
  return [more > 0 && `${counted(more, 'operation')} more`, less > 0 && `${less} less`]
    .filter(Boolean)
    .join(', ')
}

const shortRevision = (snapshot: Uint8Array): string => summaryOf(snapshot).revision.slice(0, 12)

/** Of the day, where the operator is. */
const clockTime = (epochMs: number): string => new Date(epochMs).toTimeString().slice(0, 8)
