// secure-headers: fields that every reply gets where it has none of that name, and fields that are
// taken out because they tell a stranger what runs behind. A field that the service set stays.
// `Strict-Transport-Security` has its place in TLS listeners: over plain HTTP it must not be sent
// (RFC 6797, section 7.2).
import { addedFieldsMax } from '../http.ts'
import { fieldName, fieldValue, isReplyFraming } from './field-schemas.ts'
import { definePolicy, type Audience, type Zod } from './policy.ts'

export interface SecureHeadersConfig {
  /** Added where the reply has no field of that name. */
  readonly fields: Readonly<Record<string, string>>
  /** Taken out. */
  readonly hide: readonly string[]
}

// A reply of an API is data: nothing may sniff another type into it, frame it or run it.
const fields = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
}

export const secureHeaders = definePolicy<SecureHeadersConfig, SecureHeadersConfig>({
  id: 'secure-headers',
  about: 'Security fields added to every reply that lacks them; fields that tell too much removed.',
  phase: 'finish',
  schema: secureHeadersSchema,
  defaultFor,
  compile: (config) =>
    Object.keys(config.fields).length + config.hide.length > 0 ? config : undefined,
  looser(outer, inner) {
    const field = Object.keys(outer.fields).find((name) => inner.fields[name] === undefined)
    if (field !== undefined) return `it no longer adds ${field}`
    const hidden = outer.hide.find((name) => !inner.hide.includes(name))
    return hidden === undefined ? undefined : `it no longer hides ${hidden}`
  },
  link: ({ fields: added, hide }) => ({
    drop: hide.map((name) => name.toLowerCase()),
    add: Object.entries(added).flat(),
  }),
})

function secureHeadersSchema(zod: Zod) {
  const name = fieldName(zod).refine(
    (text) => !isReplyFraming(text),
    'this field is set by the message itself',
  )
  return zod.strictObject({
    fields: zod
      .record(name, fieldValue(zod))
      .refine(
        (all) => Object.keys(all).length <= addedFieldsMax,
        `at most ${addedFieldsMax} fields`,
      )
      .describe('added where the reply has no field of that name'),
    hide: zod.array(name).describe('fields taken out of every reply'),
  })
}

function defaultFor(audience: Audience): SecureHeadersConfig {
  return audience === 'internal'
    ? { fields: { 'X-Content-Type-Options': 'nosniff' }, hide: [] }
    : { fields, hide: ['Server', 'X-Powered-By'] }
}
