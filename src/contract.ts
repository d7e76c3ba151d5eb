// contract: what an OpenAPI document says, as data: operations, parameters, bodies, security.
export type {
  BodyPlan,
  FieldPlan,
  MediaPlan,
  Operation,
  ParameterIn,
  ParameterPlan,
  ScalarType,
  SecurityAlternative,
  SecurityUse,
  Setting,
  Shape,
  Style,
} from './contract/operation.ts'
