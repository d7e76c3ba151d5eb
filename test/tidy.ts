// The laws of this project that neither the compiler nor the linter knows: who may import whom,
// what a worker loads, how files open, how long they are, which words are said. It reads text
// alone and takes a fraction of a second.
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { linksRule } from './tidy/pages.ts'
import type { Rule, Tree, Violation } from './tidy/tree.ts'
import { cyclesRule, doorsRule, floorsRule, pureRule, workerRule } from './tidy/walls.ts'
import {
  glossaryRule,
  leftoversRule,
  lockRule,
  openingRule,
  placesRule,
  sizeRule,
} from './tidy/words.ts'

const rules: readonly Rule[] = [
  floorsRule,
  doorsRule,
  pureRule,
  workerRule,
  cyclesRule,
  openingRule,
  sizeRule,
  glossaryRule,
  leftoversRule,
  placesRule,
  lockRule,
  linksRule,
]

export function violationsOf(tree: Tree): Violation[] {
  return rules.flatMap((rule) => rule(tree))
}

function projectTree(): Tree {
  const root = join(import.meta.dirname, '..')
  const patterns = ['*', '{src,test,bench,examples,spec,bin}/**/*']
  const files = globSync(patterns, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  return new Map(files.toSorted().map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

if (import.meta.main) {
  const violations = violationsOf(projectTree())
  for (const { file, line, severity, rule, message } of violations) {
    console.log(`${file}:${line} ${severity} ${rule}: ${message}`)
  }
  if (violations.some((one) => one.severity === 'error')) process.exitCode = 1
}
