// What a configuration may say of header fields, for all policies that set or remove some.
import { tokenForm } from '../http.ts'
import type { Zod } from './policy.ts'

export const fieldName = (zod: Zod) =>
  zod.string().regex(tokenForm, 'expected the name of a header field')

export const fieldValue = (zod: Zod) =>
  zod.string().regex(/^[!-~]([ !-~]*[!-~])?$/, 'expected visible ASCII characters')

// These say how a message travels; adding or removing one would change what the reply means.
const replyFraming = new Set(
  (
    'connection content-length content-type content-encoding date keep-alive proxy-connection te ' +
    'trailer transfer-encoding upgrade via retry-after x-request-id'
  ).split(' '),
)

export const isReplyFraming = (name: string): boolean => replyFraming.has(name.toLowerCase())
