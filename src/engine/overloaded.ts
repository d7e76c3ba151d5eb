// What a connection beyond the bounds is told, before anything was read from it.
import { editFields, reasonPhrase } from '../http.ts'
import { linesOf } from '../wire.ts'
import { overloaded } from './causes.ts'
import { faultReply } from './fault-body.ts'
import type { Runtime } from './runtime.ts'
import type { Snapshot } from './snapshot.ts'

/** A whole reply as text. */
export function overloadedReply(runtime: Runtime, { plan, edit }: Snapshot): string {
  const requestId = runtime.newId()
  const { status, headers, body } = faultReply(overloaded(), {
    requestId,
    form: plan.errorForm,
    docs: plan.faultDocs,
    safe: true,
  })
  const lines = linesOf([
    ...editFields(headers, edit),
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Date',
    runtime.httpDate(),
    'X-Request-Id',
    requestId,
    'Connection',
    'close',
  ])
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines}\r\n${body}`
}
