// What `import … from 'concordat'` means in code that the gateway bundles: the little that a policy
// or a configuration needs when it runs. All else of the package is for host programs and tests.
export { refuse } from '../base.ts'
export { headerValue, headerValues } from '../http.ts'
export { definePolicy } from '../policy.ts'
export { defineConfig } from './define-config.ts'
