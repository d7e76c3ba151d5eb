// The contract that tests of the compiler vary: three operations, one of them with a credential.
import assert from 'node:assert/strict'

export const contract = `openapi: 3.1.0
info: { title: Things, version: '1' }
servers: [{ url: https://api.example.com/v1 }, { url: /v2/ }]
components:
  securitySchemes:
    key: { type: apiKey, in: header, name: X-API-Key }
paths:
  /things:
    get:
      operationId: listThings
      responses: { '200': { description: ok, content: { application/json: {} } }, 4XX: { description: no } }
    post:
      operationId: makeThing
      security: [{ key: [] }]
      requestBody:
        content:
          application/json: { schema: { type: object } }
          image/png: {}
      responses: { '201': { description: made } }
  /things/{id}/{kind}:
    get:
      operationId: getThing
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: kind, in: path, required: true, style: label, schema: { type: string } }
      responses: { '200': { description: ok } }
`

/** The contract with lines put in after the one that begins so. */
export function withLines(after: string, ...lines: string[]): string {
  assert.ok(contract.includes(`${after}\n`), after)
  return contract.replace(`${after}\n`, `${after}\n${lines.join('\n')}\n`)
}

export const onDocument = (...lines: string[]) => withLines('openapi: 3.1.0', ...lines)
export const onPath = (...lines: string[]) =>
  withLines('  /things:', ...lines.map((one) => `    ${one}`))
export const onPost = (...lines: string[]) =>
  withLines('      operationId: makeThing', ...lines.map((one) => `      ${one}`))

export const errorsOf = (said: readonly string[]) => said.filter((line) => line.includes(' error '))
