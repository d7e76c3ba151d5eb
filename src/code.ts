// code: code that is data. Modules made of a user's TypeScript travel as bytes, and become modules
// again in each thread that needs them.
export { type CodeModule, importCode } from './code/import-code.ts'
