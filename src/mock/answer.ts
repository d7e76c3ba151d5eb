// One request, one reply, as the contract wants it: what the consumer prefers first, then what has
// been stored, then an example, then a value made up from the schema.
import type { Contract } from '../contract.ts'
import type { Documents } from '../base.ts'
import { buildRouter } from '../route.ts'
import { acceptedMedia, readBody, sentType, written, writtenItems } from './bodies.ts'
import { act, type Asked, type CrudSetup } from './crud.ts'
import { accepts, overlaid } from './fields.ts'
import { fillStore } from './first-items.ts'
import { type Preferences, readPrefer } from './prefer.ts'
import { problemsOf } from './problems.ts'
import {
  type MediaModel,
  type OperationModel,
  readReplies,
  type ReplyModel,
} from './read-replies.ts'
import { findResources, fullTemplate, successOf } from './resources.ts'
import { sample, type Sampled } from './sample.ts'
import { seedOf } from './seeds.ts'
import { isObject } from './spots.ts'
import { Store } from './store.ts'
import { type Fate, fateOf, type Latency } from './trouble.ts'

export interface MockSetup {
  readonly contract: Contract
  readonly documents: Documents
  readonly seed: number
  readonly latency: Latency
  /** Share of replies that fail, from 0 to 1. */
  readonly faults: number
  /** Whether what is created can be read. */
  readonly isStateful: boolean
  readonly nowMs: () => number
}

export interface MockRequest {
  readonly method: string
  /** Path and query, as received. */
  readonly target: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface MockReply {
  readonly status: number
  /** Name, value. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly delayMs: number
  /** The connection is cut in place of a reply. */
  readonly isReset: boolean
}

export interface Mock {
  answer(request: MockRequest): MockReply
  /** Names of the resources that it keeps. */
  readonly resources: readonly string[]
  /** What cannot be answered as the contract wants it, a sentence each. */
  readonly problems: readonly string[]
}

interface Running extends CrudSetup {
  readonly setup: MockSetup
}

export function createMock(setup: MockSetup): Mock {
  const { contract, documents, isStateful, seed, nowMs } = setup
  const model = readReplies(contract, documents)
  const found = findResources(model.operations, model.schemas)
  const resources = isStateful ? found : { all: [], roles: new Map(), addresses: new Map() }
  const running: Running = { ...model, resources, store: new Store(), seed, nowMs, setup }
  fillStore(running)
  const router = buildRouter(contract.operations.flatMap(routesOf))
  let count = 0
  return {
    resources: [...new Set(resources.all.map(({ name }) => name))],
    problems: problemsOf(model, seed),
    answer(request) {
      const [path = '', query = ''] = request.target.split(/\?(.*)/s)
      const match = router.find(request.method === 'HEAD' ? 'GET' : request.method, path)
      const fate = fateOf(setup, count++)
      if (match.at !== 'operation')
        return unanswerable(`no operation of the contract is at ${path}`)
      const { operation } = match
      const asked: Asked = {
        operation,
        parameters: parametersOf(model.operations[operation]!, match.values),
        query: new URLSearchParams(query),
        body: readBody(request.headers['content-type'], request.body),
      }
      return { ...answered(running, asked, request, fate, count), delayMs: fate.delayMs }
    },
  }
}

function routesOf({ method, template, basePaths }: Contract['operations'][number], index: number) {
  const allow = [
    'encodedSlash',
    'encodedBackslash',
    'encodedDot',
    'emptySegments',
    'trailingSlash',
  ] as const
  return basePaths.map((basePath) => {
    return { method, template: `${basePath}${template}`, operation: index, allow }
  })
}

function parametersOf(model: OperationModel, values: readonly string[]): Map<string, string> {
  const names = [...fullTemplate(model).matchAll(/\{([^{}]+)\}/g)].map((one) => one[1]!)
  return new Map(names.map((name, at) => [name, decoded(values[at] ?? '')]))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

type Answer = Omit<MockReply, 'delayMs'>

function answered(
  running: Running,
  asked: Asked,
  request: MockRequest,
  fate: Fate,
  count: number,
): Answer {
  const model = running.operations[asked.operation]!
  const prefer = readPrefer(request.headers['prefer'])
  if ('problem' in prefer) return refused(400, prefer.problem)
  const telling: Telling = {
    running,
    model,
    asked,
    prefer,
    count,
    accept: request.headers['accept'],
  }
  if (prefer.code !== undefined) return byStatus(telling, prefer.code)
  if (prefer.example !== undefined) return byExample(telling, prefer.example)
  if (fate.trouble === 'reset') return { ...refused(503, 'reset on purpose'), isReset: true }
  if (fate.trouble === 'status') return failed(telling, fate)
  const done = prefer.dynamic ? undefined : act(running, asked)
  if (done?.at === 'unknown') return notThere(telling)
  if (done?.at === 'done') {
    const body = done.value === undefined ? undefined : { value: done.value }
    return whole(telling, done.reply, { body, location: done.location })
  }
  const reply = successOf(model.replies, model.operation.method === 'POST' ? '201' : '200')
  const wanted = reply ?? model.replies[0]
  return wanted ? whole(telling, wanted, {}) : { ...empty, status: 204 }
}

/** What one reply is made with. */
interface Telling {
  readonly running: Running
  readonly model: OperationModel
  readonly asked: Asked
  readonly prefer: Preferences
  readonly count: number
  readonly accept: string | undefined
}

const empty: Answer = { status: 204, headers: [], body: '', isReset: false }

function refused(status: number, message: string): Answer {
  const code = status === 404 ? 'NOT_FOUND' : status === 501 ? 'NOT_IMPLEMENTED' : 'INVALID_INPUT'
  const body = JSON.stringify({ error: { code, message, retryable: false } })
  return { ...empty, status, headers: [['Content-Type', 'application/json']], body }
}

const unanswerable = (why: string): MockReply => ({ ...refused(501, why), delayMs: 0 })

const replyFor = ({ replies }: OperationModel, status: number): ReplyModel | undefined =>
  replies.find((one) => one.status === String(status)) ??
  replies.find((one) => one.status === `${Math.floor(status / 100)}XX`) ??
  replies.find((one) => one.status === 'default')

function byStatus(telling: Telling, status: number): Answer {
  const { model } = telling
  const reply = replyFor(model, status)
  if (reply !== undefined) return { ...whole(telling, reply, {}), status }
  const declared = model.replies.map((one) => one.status).join(', ')
  return refused(400, `Prefer: ${model.operation.id} declares no ${status}, but ${declared}`)
}

function byExample(telling: Telling, name: string): Answer {
  const { model } = telling
  const all = [...model.replies].sort((a, b) => rank(a) - rank(b))
  for (const reply of all) {
    for (const media of reply.media) {
      const example = media.examples.find((one) => one.name === name)
      if (example !== undefined)
        return whole(telling, { ...reply, media: [media] }, { body: example })
    }
  }
  const names = all.flatMap(({ media }) =>
    media.flatMap((one) => one.examples.map((each) => each.name)),
  )
  const known = [...new Set(names.filter((one) => one !== ''))].join(', ') || 'none with a name'
  return refused(400, `Prefer: ${model.operation.id} has no example '${name}', but ${known}`)
}

const rank = ({ status }: ReplyModel): number => (status.startsWith('2') ? 0 : 1)

function notThere(telling: Telling): Answer {
  const reply = replyFor(telling.model, 404)
  return reply === undefined
    ? refused(404, 'there is no such resource')
    : { ...whole(telling, reply, {}), status: 404 }
}

/** One of the failures that the operation declares. */
function failed(telling: Telling, { random }: Fate): Answer {
  const declared = telling.model.replies.filter(({ status }) => /^[45]/.test(status))
  const reply = declared[Math.floor(random() * declared.length)]
  return reply === undefined ? refused(503, 'failed on purpose') : whole(telling, reply, {})
}

interface Given {
  readonly body?: { readonly value: unknown } | undefined
  readonly location?: string | undefined
}

function whole(telling: Telling, reply: ReplyModel, { body, location }: Given): Answer {
  const media = acceptedMedia(reply.media, telling.accept)
  const status = statusOf(reply)
  // 101, for one, would be the beginning of another protocol.
  if (status < 200) return refused(501, `a mock does not go on after ${status}`)
  const headers = headersOf(telling, reply, location)
  if (media === undefined) return { ...empty, status, headers }
  const text = textOf(telling, reply, media, body)
  if ('problem' in text) {
    const { id } = telling.model.operation
    return refused(501, `the mock cannot answer ${id} ${reply.status}: ${text.problem}`)
  }
  return {
    status,
    headers: [['Content-Type', sentType(media)], ...headers],
    body: text.text,
    isReset: false,
  }
}

const usualStatus: Readonly<Record<string, number>> = {
  '2XX': 200,
  '3XX': 302,
  '4XX': 400,
  '5XX': 500,
  default: 200,
}

const statusOf = ({ status }: ReplyModel): number => usualStatus[status] ?? Number(status)

type Text = { readonly text: string } | { readonly problem: string }

function textOf(telling: Telling, reply: ReplyModel, media: MediaModel, body: Given['body']): Text {
  if (body === undefined && media.items !== undefined) return streamOf(telling, media)
  const made = body ?? valueOf(telling, reply, media)
  if ('problem' in made) return made
  const text = written(media.type, made.value)
  return text === undefined ? { problem: `${media.type} needs an example` } : { text }
}

const streamItems = 3

function streamOf({ running, prefer, count }: Telling, { type, items }: MediaModel): Text {
  const found: unknown[] = []
  for (let at = 0; at < streamItems; at++) {
    const seed = seedOf(running.seed, type, at, prefer.dynamic ? count : 0)
    const made = sample(running.schemas, items!, { seed, examples: at === 0 && !prefer.dynamic })
    if ('problem' in made) return made
    found.push(made.value)
  }
  return { text: writtenItems(type, found) }
}

/** The example that fits, or a value of the schema about what was asked for. */
function valueOf(telling: Telling, reply: ReplyModel, media: MediaModel): Sampled {
  const { running, model, asked, prefer, count } = telling
  const { schemas, seed } = running
  const { schema } = media
  const fitting = media.examples.find(
    ({ value }) => schema === undefined || accepts(schemas, [schema], value),
  )
  if (fitting !== undefined && !prefer.dynamic) {
    return reply.status.startsWith('2') ? about(telling, schema, fitting.value) : fitting
  }
  if (schema === undefined) return withoutSchema(media)
  const parameters = [...asked.parameters.values()].join('/')
  const own = seedOf(seed, model.operation.id, reply.status, parameters, prefer.dynamic ? count : 0)
  const made = sample(schemas, schema, { seed: own, examples: !prefer.dynamic })
  return 'problem' in made ? made : about(telling, schema, made.value)
}

function withoutSchema({ type, examples }: MediaModel): Sampled {
  if (examples[0] !== undefined) return examples[0]
  return { value: type.includes('json') ? {} : '' }
}

/** With the ids of the path, and with what was sent, where the reply has fields of those names. */
function about({ running, asked }: Telling, schema: number | undefined, value: unknown): Sampled {
  if (schema === undefined || !isObject(value)) return { value }
  const sent = isObject(asked.body) ? Object.entries(asked.body) : []
  const fields = [...asked.parameters, ...sent].filter(([name]) => Object.hasOwn(value, name))
  return { value: overlaid(running.schemas, [schema], value, fields) }
}

function headersOf(telling: Telling, reply: ReplyModel, location: string | undefined) {
  const { running, model } = telling
  const found: [string, string][] = []
  for (const { name, required, schema, example } of reply.headers) {
    const isLocation = name.toLowerCase() === 'location'
    if (isLocation && location !== undefined) found.push([name, location])
    else if (example !== undefined) found.push([name, fieldText(example)])
    else if (required && schema !== undefined) {
      const seed = seedOf(running.seed, model.operation.id, name)
      const made = sample(running.schemas, schema, { seed, examples: true, name })
      if ('value' in made) found.push([name, fieldText(made.value)])
    }
  }
  return found.filter(([name]) => name.toLowerCase() !== 'content-type')
}

const fieldText = (value: unknown): string => {
  const text = typeof value === 'string' ? value : [value].flat().map(String).join(', ')
  return text.replaceAll(/[^\t\u0020-\u007E]/g, ' ')
}
