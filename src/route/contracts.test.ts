// The tables of real contracts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixturesAbsent, fixtureText } from '../../test/fixtures.ts'
import { buildRouter, conflicts, type RoutePlan, routesProblem, templateProblem } from '../route.ts'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

function routesOf(name: string): RoutePlan[] {
  const { paths } = JSON.parse(fixtureText('contracts', name)) as {
    paths: Record<string, Record<string, unknown>>
  }
  return Object.entries(paths)
    .flatMap(([template, item]) =>
      methods.filter((method) => method in item).map((method) => ({ method, template })),
    )
    .map(({ method, template }, operation) => ({
      method: method.toUpperCase(),
      template,
      operation,
      allow: [],
    }))
}

for (const [name, count] of [
  ['discord.json', 242],
  ['twilio-conversations.json', 103],
] as const) {
  test(`every operation of ${name} is found by a path of its own`, { skip: fixturesAbsent }, () => {
    const routes = routesOf(name)
    assert.equal(routes.length, count)
    assert.deepEqual(conflicts(routes), [])
    assert.equal(routesProblem(routes), undefined)
    const router = buildRouter(routes)
    for (const { method, template, operation } of routes) {
      assert.equal(templateProblem(template), undefined)
      let sent = 0
      const path = template.replaceAll(/\{[^}]+\}/g, () => `va%6cue${sent++}`)
      const values = Array.from({ length: sent }, (_, at) => `va%6cue${at}`)
      assert.deepEqual(router.find(method, path), { at: 'operation', operation, method, values })
    }
  })
}
