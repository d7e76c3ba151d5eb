// contract: what an OpenAPI document says, as data (operations, parameters, bodies, security), and
// the half that runs in the data plane: parameters and bodies decoded and held against it.
export type {
  BodyPlan,
  Contract,
  FieldPlan,
  FinishedContract,
  GrpcPlan,
  ItemsPlan,
  MediaPlan,
  ObjectShape,
  Operation,
  ParameterIn,
  ParameterPlan,
  QuerystringPlan,
  PartPlan,
  PartsPlan,
  ReplyPlan,
  ScalarType,
  SecurityAlternative,
  SecurityScheme,
  SecurityUse,
  Setting,
  Shape,
  Style,
} from './contract/operation.ts'
export { readContract } from './contract/read.ts'
export { detailOf, type InputIssue, inputIssues } from './contract/issues.ts'
export type { ContentWatch } from './contract/content-watch.ts'
export { type CheckBody, linkBody } from './contract/link-body.ts'
export { type LinkedReply, linkReplies } from './contract/link-replies.ts'
export {
  type BodyOptions,
  type FindMedia,
  type LinkedMedia,
  linkMedia,
} from './contract/link-media.ts'
export {
  type CheckParameters,
  linkParameters,
  type ParameterOptions,
  type ParameterParts,
  type ParameterVerdict,
} from './contract/link-parameters.ts'
export { isHeld, isJson, mediaFor, mediaRange, readTypeTest } from './contract/media.ts'
