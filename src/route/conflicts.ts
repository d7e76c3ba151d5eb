// Routes that no request could tell apart. Only identical shapes conflict: where two templates
// merely overlap, the more specific one wins.
import type { Conflict, RoutePlan } from './plan.ts'
import { parseTemplate, shapeOf } from './template.ts'

/** Linear in the number of routes. Malformed templates are left to `templateProblem`. */
export function conflicts(routes: readonly RoutePlan[]): Conflict[] {
  const found: Conflict[] = []
  const seen = new Map<string, number>()
  for (const [second, { method, template }] of routes.entries()) {
    const parsed = parseTemplate(template)
    if (typeof parsed === 'string') continue
    const key = `${method} ${shapeOf(parsed)}`
    const first = seen.get(key)
    if (first === undefined) seen.set(key, second)
    else found.push({ first, second, why: whyText(routes[first]!, routes[second]!) })
  }
  return found
}

function whyText(first: RoutePlan, second: RoutePlan): string {
  return first.template === second.template
    ? `${second.method} ${second.template} is declared twice`
    : `${second.method} ${second.template} matches the same paths as ${first.template}`
}
