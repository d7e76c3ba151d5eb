import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Detail, refuse } from '../base.ts'
import type { ContentWatch } from '../contract.ts'
import { watchedBody } from './watched-body.ts'

const detail = (issue: string): Detail => ({ in: 'body', field: '', issue, message: 'is wrong' })

const refusalOf = (details: readonly Detail[]) => refuse('INVALID_INPUT', undefined, { details })

/** Has nothing against pieces, and one thing against the end. */
const atEnd: ContentWatch = {
  piece: () => undefined,
  end: () => [detail('unfinished')],
  heldBytes: 7,
}

const said = (verdict: ReturnType<typeof refusalOf> | undefined) => verdict?.details?.[0]?.issue

test('what is wrong at the end is said with the last piece where the length is known', () => {
  const body = watchedBody(atEnd, 4, refusalOf)
  assert.equal(body.piece('ab'), undefined)
  assert.equal(said(body.piece('cd')), 'unfinished')
})

test('else it is said at the end, and once', () => {
  const body = watchedBody(atEnd, 'streamed', refusalOf)
  assert.equal(body.piece('abcd'), undefined)
  assert.equal(said(body.end()), 'unfinished')
  const known = watchedBody({ ...atEnd, end: () => undefined }, 4, refusalOf)
  assert.equal(known.piece('abcd'), undefined)
  assert.equal(known.end(), undefined)
})

test('a body without bytes is none: it may be missing, but it is not broken', () => {
  assert.equal(watchedBody(atEnd, 'streamed', refusalOf).end(), undefined)
  const missing = watchedBody(atEnd, 'streamed', refusalOf, [detail('required')])
  assert.equal(missing.piece(''), undefined)
  assert.equal(said(missing.end()), 'required')
})

test('what is kept of a body is told', () => {
  assert.equal(watchedBody(atEnd, 4, refusalOf).heldBytes, 7)
})
