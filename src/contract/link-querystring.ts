// A query that is one value (`in: querystring`): read as a body of its media type would be.
import type { Detail } from '../base.ts'
import { detailOf } from './issues.ts'
import { linkBody } from './link-body.ts'
import type { ParameterOptions } from './link-parameters.ts'
import type { CheckQuery } from './link-query.ts'
import type { QuerystringPlan } from './operation.ts'
import { percentDecoded } from './pairs.ts'

export function linkQuerystring(
  { name, required, media }: QuerystringPlan,
  options: ParameterOptions,
): CheckQuery {
  const run = linkBody({ required, media: [media] }, options)
  // A form's own escapes are undone with its pairs.
  const decode = media.reader === 'form' ? (query: string) => query : percentDecoded
  const utf8 = new TextEncoder()
  const detailsOf = (query: string | undefined): readonly Detail[] | undefined => {
    try {
      return run(media.range, query === undefined ? undefined : utf8.encode(decode(query)))
    } catch (thrown) {
      if (thrown instanceof URIError) return [detailOf('query', name, 'invalid_encoding')]
      throw thrown
    }
  }
  const inQuery = (detail: Detail): Detail => ({
    ...detail,
    in: 'query',
    field: detail.field === '' ? name : detail.field,
  })
  return (query) => ({ details: detailsOf(query)?.map(inQuery), query })
}
