// An exchange as policies see it, and may change it.
import type { Client, Exchange, RequestHead, SentTo } from '../http.ts'
import { assertEditable, type OwnField } from './request-fields.ts'

export abstract class SeenExchange implements Exchange {
  readonly request: RequestHead
  readonly startedMs: number
  id = ''
  client!: Client
  operationId = ''
  pathValues: readonly string[] = noValues
  query: string | undefined
  path: string
  upstreamHost: string | undefined
  body: Uint8Array | undefined
  /** What steps set of the request's fields. */
  ownFields: Map<string, OwnField> | undefined

  constructor(request: RequestHead, startedMs: number) {
    this.request = request
    this.startedMs = startedMs
    this.query = request.query
    this.path = request.path
    this.upstreamHost = undefined
  }

  abstract get sentTo(): SentTo | undefined

  setField(name: string, value: string | undefined): void {
    assertEditable(name, value)
    this.ownFields ??= new Map()
    this.ownFields.set(name.toLowerCase(), { name, value })
  }
}

const noValues: readonly string[] = Object.freeze([])
