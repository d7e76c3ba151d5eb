// Lets programs of a checkout import the package by its name, as if it was installed:
// `node --import ./test/own-name.ts program.ts`.
import { registerHooks } from 'node:module'

const entry = new URL('../src/concordat.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'concordat' ? { url: entry, shortCircuit: true } : next(specifier, context),
})
