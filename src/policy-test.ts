// policy-test: a policy tried without a gateway and without sockets, as its author's tests need it.
// What `import 'concordat/testing'` gives.
export {
  type PolicyOutcome,
  type PolicySetup,
  type SentRequest,
  type TestedPolicy,
  testPolicy,
  type TestRequest,
} from './policy-test/test-policy.ts'
