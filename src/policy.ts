// policy: the rules that a contract or a configuration declares, one file each.
export type { AuthConfig } from './policy/auth.ts'
export { linkSteps } from './policy/link.ts'
export { idRule, readDefinition } from './policy/definition.ts'
export {
  type ApiSite,
  type Audience,
  type Blob,
  definePolicy,
  type FinishingReply,
  type FinishStep,
  type LinkedSteps,
  type MappedFields,
  type Mode,
  type NamedFile,
  type NoSettings,
  type Phase,
  type Policy,
  type PolicyDefinition,
  type PolicyPlan,
  type Site,
  type StateNeed,
  type EventStreamTerms,
  type Tools,
  type TunnelTerms,
  type Zod,
} from './policy/policy.ts'
export {
  type AnyPolicy,
  ownRegistry,
  policies,
  type PolicySettings,
  type Registry,
  registryWith,
} from './policy/registry.ts'
export type { ValidationConfig, ValidationPlan } from './policy/validation.ts'
