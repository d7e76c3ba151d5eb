// route: which operation a request means. The table of routes becomes a tree of segments; a
// request's path is read strictly, matched decoded, and captured as it came. Also the hosts.
export { conflicts } from './route/conflicts.ts'
export { compileHosts, hostProblem } from './route/hosts.ts'
export type { Conflict, Match, PathForm, RoutePlan, Router } from './route/plan.ts'
export { buildRouter, buildTable, openRouter, routesProblem } from './route/router.ts'
export { templateProblem } from './route/template.ts'
