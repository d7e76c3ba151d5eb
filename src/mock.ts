// mock: answers for a service that is not there, from its contract alone: examples first, else
// values that the reply's schema accepts, and resources that remember what was done to them.
export {
  createMock,
  type Mock,
  type MockReply,
  type MockRequest,
  type MockSetup,
} from './mock/answer.ts'
export { singular } from './mock/shapes.ts'
export { type Latency, noLatency, readLatency } from './mock/trouble.ts'
