// Lets programs of a checkout import the package by its name, as if it was installed:
// `node --import ./test/own-name.ts program.ts`.
import { registerHooks } from 'node:module'

const entries: Readonly<Record<string, string>> = {
  concordat: new URL('../src/concordat.ts', import.meta.url).href,
  'concordat/testing': new URL('../src/policy-test.ts', import.meta.url).href,
  'concordat-http3': new URL('../packages/http3/src/concordat-http3.ts', import.meta.url).href,
}

registerHooks({
  resolve(specifier, context, next) {
    const url = Object.hasOwn(entries, specifier) ? entries[specifier] : undefined
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
  },
})
