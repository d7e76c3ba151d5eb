// What tests of bodies share: a contract with one body, read, compiled and linked, and what is
// said of bytes that come in pieces.
import { assert, type Detail, defaultLimits, type Documents, type Limits } from '../base.ts'
import { linkSchemas } from '../schema.ts'
import { linkMedia } from './link-media.ts'
import type { BodyPlan, MediaPlan } from './operation.ts'
import { readContract } from './read.ts'

/** The body of the one operation of a contract, and what checks its schemas. */
export function bodyOf(requestBody: object, openapi: string, components: object = {}) {
  const root = 'file:///c.json'
  const paths = { '/': { post: { requestBody, responses: {} } } }
  const value = { openapi, info: { title: 't', version: '1' }, paths, components }
  const documents: Documents = {
    root,
    values: new Map([[root, value]]),
    locate: (file, pointer) => ({ file: `${file}#${pointer}`, line: 1, column: 1 }),
  }
  const contract = readContract(documents)
  const { schemas, problems } = contract.finish()
  const errors = problems.filter(({ severity }) => severity === 'error')
  assert(errors.length === 0, errors.map(({ message }) => message).join('; '))
  const body: BodyPlan = contract.operations[0]!.body!
  return { body, check: linkSchemas(schemas), problems }
}

interface ReadBody {
  readonly media: readonly MediaPlan[]
  readonly link: (limits?: Partial<Limits>) => ReturnType<typeof linkMedia>
  /** Notes, too. */
  readonly problems: readonly string[]
}

export function readContent(content: object, openapi = '3.2.0', components: object = {}): ReadBody {
  const { body, check, problems } = bodyOf({ content }, openapi, components)
  const { media } = body
  return {
    media,
    link: (limits = {}) => linkMedia(media, { check, limits: { ...defaultLimits, ...limits } }),
    problems: problems.map(({ message }) => message),
  }
}

export type Judge = (pieces: readonly string[]) => readonly string[] | undefined

/** What is said of a body that is watched, as `field issue`; pieces are latin1. */
export function watcher(find: ReturnType<typeof linkMedia>, contentType: string): Judge {
  const media = find(contentType)
  assert(media?.how === 'watched', `${contentType} is watched`)
  return (pieces) => {
    const objection = media.objection(contentType)
    if (objection !== undefined) return said(objection)
    const watch = media.begin(contentType)
    for (const piece of pieces) {
      const details = watch.piece(Buffer.from(piece, 'latin1'))
      if (details !== undefined) return said(details)
    }
    const details = watch.end()
    return details && said(details)
  }
}

const said = (details: readonly Detail[]) => details.map(({ field, issue }) => `${field} ${issue}`)

/** A body whole, cut in two at every byte, and byte by byte. */
export function* cuts(body: string): Generator<readonly string[]> {
  yield [body]
  for (let at = 1; at < body.length; at++) yield [body.slice(0, at), body.slice(at)]
  yield [...body]
}
