// concordat: what `import 'concordat'` gives. Only what hosts build on: each name here is kept.
export {
  type App,
  type CloseOptions,
  ConfigurationError,
  createGateway,
  type Gateway,
  type GatewayOptions,
} from './embed.ts'
export type { Place, Problem } from './base.ts'
