// Bodies from bytes: which media type is meant, JSON, and forms in all the ways that fields nest.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultLimits } from '../base.ts'
import { linkBody } from './link-body.ts'
import { bodyOf } from './media-for-tests.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

/** The check of a body whose `content` is given, through the whole of contract and schema. */
function bodyCheck(content: object, openapi = '3.1.0', required = true) {
  const { body, check } = bodyOf({ required, content }, openapi)
  const run = linkBody(body, { check, limits: defaultLimits })
  return (type: string | undefined, text: string | Uint8Array | undefined) =>
    run(type, typeof text === 'string' ? utf8(text) : text)?.map(
      (one) => `${one.field} ${one.issue}`,
    )
}

const form = 'application/x-www-form-urlencoded'

describe('a body is read by its media type', () => {
  const number = { schema: { type: 'number' } }
  const object = { schema: { type: 'object', required: ['a'] } }
  const check = bodyCheck({ 'application/json': number, 'application/*': object, 'text/plain': {} })
  const cases: [
    says: string,
    type: string | undefined,
    text: string,
    want: string[] | undefined,
  ][] = [
    ['its own type wins', 'application/json', '1', undefined],
    ['whatever its case and parameters', 'Application/JSON ; charset=utf-8', '1', undefined],
    ['its own type refuses', 'application/json', '{"a":1}', [' invalid_type']],
    ['a suffix of JSON reads as JSON', 'application/problem+json', '{}', ['/a required']],
    ['what is not JSON passes a range unread', 'application/pdf', '%PDF', undefined],
    ['a type that is not read passes', 'text/plain', 'hello', undefined],
    ['a type that nobody declared does not', 'image/png', 'x', [' media_type']],
    ['nor does none', undefined, '1', [' media_type']],
    ['nor one that is none', 'json', '1', [' media_type']],
    ['broken JSON', 'application/json', '{', [' invalid_json']],
    ['a key twice', 'application/json', '{"a":1,"a":2}', [' duplicate_key']],
    ['no body where one is required', 'application/json', '', [' required']],
  ]
  for (const [says, type, text, want] of cases) {
    it(says, () => assert.deepEqual(check(type, text), want))
  }

  it('no body where none is required passes', () => {
    const optional = bodyCheck({ 'application/json': number }, '3.1.0', false)
    assert.equal(optional('application/json', ''), undefined)
  })
})

describe('a form is an object of its fields', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { type: 'string', maxLength: 5 },
      age: { type: 'integer' },
      tags: { type: 'array', items: { type: 'string' }, maxItems: 2 },
      ids: { type: 'array', items: { type: 'integer' } },
      address: { type: 'object', properties: { zip: { type: 'integer' } }, required: ['zip'] },
      lines: { type: 'array', items: { type: 'object', required: ['n'] } },
      either: {
        oneOf: [
          { type: 'integer', maximum: 9 },
          { type: 'string', minLength: 3 },
        ],
      },
      none: { type: ['integer', 'null'] },
    },
  }
  const encoding = { ids: { style: 'form', explode: false } }
  const check = bodyCheck({ [form]: { schema, encoding } })
  const cases: [says: string, text: string, want: string[] | undefined][] = [
    ['texts and numbers', 'name=Ann&age=42', undefined],
    ['a plus is a space', 'name=A+B+C', undefined],
    ['a wrong type is told at its pointer', 'name=Ann&age=old', ['/age invalid_type']],
    ['a missing field', 'age=1', ['/name required']],
    ['an undeclared field', 'name=Ann&x=1', ['/x unknown_property']],
    ['a field twice', 'name=Ann&name=Bob', ['/name repeated']],
    ['a list', 'name=Ann&tags=a&tags=b', undefined],
    ['a list of one', 'name=Ann&tags=a', undefined],
    ['a list too long', 'name=Ann&tags=a&tags=b&tags=c', ['/tags too_many_items']],
    ['a list by commas', 'name=Ann&ids=1,2', undefined],
    ['an item of it', 'name=Ann&ids=1,b', ['/ids/1 invalid_type']],
    ['an object as JSON', 'name=Ann&address={"zip":1}', undefined],
    ['an object in brackets', 'name=Ann&address[zip]=1', undefined],
    ['an object in escaped brackets', 'name=Ann&address%5Bzip%5D=x', ['/address/zip invalid_type']],
    ['an object that lacks a member', 'name=Ann&address[x]=1', ['/address/zip required']],
    ['an object that is none', 'name=Ann&address=home', ['/address invalid_type']],
    ['a list of objects as JSON', 'name=Ann&lines={"n":1}&lines={"n":2}', undefined],
    ['or as one list', 'name=Ann&lines=[{"n":1},{"n":2}]', undefined],
    ['an item that lacks a member', 'name=Ann&lines={}', ['/lines/0/n required']],
    ['a choice as a number', 'name=Ann&either=7', undefined],
    ['a choice as a text', 'name=Ann&either=777', undefined],
    ['null as nothing', 'name=Ann&none=', undefined],
    ['a broken escape', 'name=%zz', ['/name invalid_encoding']],
    ['a prototype', 'name=Ann&__proto__=1', ['/__proto__ unknown_property']],
    ['a deep prototype', 'name=Ann&__proto__[x]=1', ['/__proto__ unknown_property']],
  ]
  for (const [says, text, want] of cases) it(says, () => assert.deepEqual(check(form, text), want))

  it('a form without fields is a body, and its schema judges it', () => {
    const free = { [form]: { schema: { type: 'object', properties: { a: {} } } } }
    const rows: [says: string, content: object, required: boolean, want: string[] | undefined][] = [
      ['no field is required', free, true, undefined],
      ['one is', { [form]: { schema } }, true, ['/name required']],
      ['the body itself is not', { [form]: { schema } }, false, undefined],
    ]
    for (const [says, content, required, want] of rows) {
      assert.deepEqual(bodyCheck(content, '3.1.0', required)(form, ''), want, says)
    }
    assert.deepEqual(bodyCheck(free)(form, undefined), [' required'], 'no body at all')
    assert.deepEqual(bodyCheck(free)(undefined, ''), [' required'], 'of no type')
  })

  it('bytes that are not UTF-8 are refused', () => {
    assert.deepEqual(check(form, Uint8Array.of(0x61, 0x3d, 0xff)), [' invalid_encoding'])
  })

  it('more pairs than the bound are refused', () => {
    assert.deepEqual(check(form, 'a&'.repeat(1_001)), [' too_many_pairs'])
  })

  it('fields that are not listed go by `additionalProperties`', () => {
    const additionalProperties = { type: 'integer' }
    const open = bodyCheck({ [form]: { schema: { type: 'object', additionalProperties } } })
    assert.equal(open(form, 'a=1'), undefined)
    assert.deepEqual(open(form, 'a=b'), ['/a invalid_type'])
  })

  it('nullable counts in 3.0', () => {
    const properties = { a: { type: 'integer', nullable: true } }
    const old = bodyCheck({ [form]: { schema: { type: 'object', properties } } }, '3.0.3')
    assert.equal(old(form, 'a='), undefined)
    assert.deepEqual(old(form, 'a=x'), ['/a invalid_type'])
  })
})
