// The contract that the fuzz serves: as permissive as a contract can be, so that what is forwarded
// is decided by the engine. Paths of `/plain` pass replies on as slices, those of `/edited` through
// the steps of a policy, and those of `/held` have their JSON held whole.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSnapshot } from '../../src/control.ts'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

const off = { mode: 'off' }
const lenient = ['encodedSlash', 'encodedBackslash', 'emptySegments', 'trailingSlash']

function pathItem(names: readonly string[], body: object, policies: object) {
  const parameters = names.map((name) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } }
  })
  const operation = { requestBody: { content: body }, responses: { default: { description: '' } } }
  const operations = methods.map((method) => [method, operation])
  const loosen = Object.keys(policies)
  const settings = { allowPathForms: lenient, ...(loosen.length > 0 && { loosen, policies }) }
  return { parameters, ...Object.fromEntries(operations), 'x-concordat': settings }
}

const json = { 'application/json': { schema: {} } }
const any = { '*/*': {} }

const document = {
  openapi: '3.1.0',
  info: { title: 'Fuzz', version: '1' },
  paths: {
    '/plain/{a}': pathItem(['a'], any, { validation: off, 'secure-headers': off }),
    '/plain/{a}/{b}': pathItem(['a', 'b'], any, { validation: off, 'secure-headers': off }),
    '/edited/{a}': pathItem(['a'], any, { validation: off }),
    '/held/{a}': pathItem(['a'], { ...json, ...any }, {}),
  },
}

/** No limit, and undeclared query parameters pass. */
const config = { audience: 'internal', log: { access: 'off' } }

export async function fuzzBundle(): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-contract-'))
  try {
    const contractFile = join(folder, 'openapi.json')
    const configFile = join(folder, 'concordat.yaml')
    writeFileSync(contractFile, JSON.stringify(document))
    writeFileSync(configFile, JSON.stringify(config))
    const to = ['http://127.0.0.1:7000']
    const { snapshot, problems } = await buildSnapshot({ contractFile, configFile, to })
    if (snapshot === undefined) throw new Error(JSON.stringify(problems, undefined, 1))
    return snapshot
  } finally {
    rmSync(folder, { recursive: true })
  }
}
