// concordat: what `import 'concordat'` gives. Only what others build on: each name here is kept.
export {
  type App,
  type CloseOptions,
  ConfigurationError,
  createGateway,
  type Gateway,
  type GatewayOptions,
} from './embed.ts'
/** A configuration in TypeScript, and policies of one's own; `concordat/testing` tries these. */
export { type ConfigInput, defineConfig } from './control.ts'
export {
  type ApiSite,
  type Audience,
  definePolicy,
  type FinishingReply,
  type FinishStep,
  type LinkedSteps,
  type MappedFields,
  type NamedFile,
  type NoSettings,
  type Phase,
  type Policy,
  type PolicyDefinition,
  type PolicySettings,
  type Site,
  type StateNeed,
  type Tools,
} from './policy.ts'
export {
  type BodyWatch,
  type Exchange,
  headerValue,
  headerValues,
  type ReplyCheck,
  type ReplyEdit,
  type RequestEdit,
  type Step,
  type Verdict,
  type VerifyStep,
} from './http.ts'
/** What `concordat-http3` builds on: it moves with this package, and is pinned to its version. */
export type { QuicConnection, QuicListener, QuicPackage, QuicSetup, QuicSink } from './wire.ts'
export {
  type Detail,
  type FaultCode,
  type Place,
  type Problem,
  type Refusal,
  refuse,
} from './base.ts'
