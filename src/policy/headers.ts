// headers: fields set on and taken from requests on their way upstream, and replies on their way
// to the client. Each level adds its own; of two that set the same field the inner one counts.
import { editProblem, type ReplyEdit, type RequestEdit } from '../http.ts'
import { definePolicy, type Zod } from './policy.ts'
import { fieldName, fieldValue, isReplyFraming } from './field-schemas.ts'

interface FieldRules {
  readonly set?: Readonly<Record<string, string>> | undefined
  readonly remove?: readonly string[] | undefined
}

export interface HeadersConfig {
  readonly request?: FieldRules | undefined
  readonly reply?: FieldRules | undefined
}

export interface HeadersPlan {
  readonly request: RequestEdit | undefined
  readonly reply: ReplyEdit | undefined
}

const rulesMax = 50

export const headers = definePolicy<HeadersConfig, HeadersPlan>({
  id: 'headers',
  about: 'Fields set on and taken from requests going upstream, and replies going to the client.',
  phase: 'several',
  everyReply: true,
  stacks: true,
  schema,
  defaultFor: () => undefined,
  compile({ request, reply }) {
    if (isEmpty(request) && isEmpty(reply)) return undefined
    return {
      request: isEmpty(request) ? undefined : requestEdit(request!),
      reply: isEmpty(reply) ? undefined : replyEdit(reply!),
    }
  },
  link: ({ request, reply }) => ({
    ...(request && { request }),
    ...(reply && { edit: reply }),
  }),
})

const isEmpty = (rules: FieldRules | undefined): boolean =>
  Object.keys(rules?.set ?? {}).length + (rules?.remove?.length ?? 0) === 0

const lowered = (names: readonly string[] | undefined): string[] =>
  (names ?? []).map((name) => name.toLowerCase())

const requestEdit = ({ set = {}, remove }: FieldRules): RequestEdit => ({
  drop: lowered(remove),
  set: Object.entries(set).flat(),
})

/** What is set stands in place of the service's own: that is taken out first. */
const replyEdit = ({ set = {}, remove }: FieldRules): ReplyEdit => ({
  drop: lowered([...(remove ?? []), ...Object.keys(set)]),
  add: Object.entries(set).flat(),
})

function schema(zod: Zod) {
  const inRequest = fieldName(zod).superRefine((name, context) => {
    const problem = editProblem(name)
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: `'${name}' may not be changed: ${problem}` })
    }
  })
  const inReply = fieldName(zod).refine(
    (name) => !isReplyFraming(name),
    'this field is set by the message itself',
  )
  const rules = (name: typeof inRequest) =>
    zod
      .strictObject({
        set: zod
          .record(name, fieldValue(zod))
          .refine((all) => Object.keys(all).length <= rulesMax, `at most ${rulesMax} fields`)
          .refine(standsOnce, 'a field is there twice, in another case')
          .optional()
          .describe('fields and values, in place of what came under these names'),
        remove: zod.array(name).max(rulesMax).optional().describe('fields that are taken out'),
      })
      .refine(
        ({ set, remove }) =>
          !lowered(remove).some((one) => lowered(Object.keys(set ?? {})).includes(one)),
        'a field is both set and removed',
      )
  return zod.strictObject({
    request: rules(inRequest).optional().describe('on its way upstream'),
    reply: rules(inReply).optional().describe('on its way to the client, refusals too'),
  })
}

function standsOnce(fields: Readonly<Record<string, string>>): boolean {
  const names = lowered(Object.keys(fields))
  return new Set(names).size === names.length
}
