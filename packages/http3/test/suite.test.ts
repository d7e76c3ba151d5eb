// The suite of exchanges that every protocol is held to, over HTTP/3: real packets, the whole gateway,
// services of both versions.
import { EventEmitter, once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import type {
  Asked,
  Client as SuiteClient,
  ClientKind,
  Exchange,
} from '../../../test/exchanges/clients.ts'
import { serviceKinds } from '../../../test/exchanges/services.ts'
import { exchangesOf } from '../../../test/exchanges/suite.ts'
import { Client, type Reply } from './client.ts'

const readsAll = 'the client of the library reads whatever comes; Chromium’s test has a slow reader'
const sayNoTrailers = 'the client of the library sends no trailers'

const http3: ClientKind = {
  name: 'HTTP/3',
  version: '3',
  // Held back, its uploads end in FLOW_CONTROL_ERROR; Chromium's of 32 MB are in a test of their own.
  bodyBytesMax: 100_000,
  lacks: {
    'a client that does not read holds up its own reply alone': readsAll,
    'a service that does not read holds up its own request alone':
      'its writes wait without saying so',
    'trailers go through in both directions': sayNoTrailers,
    'a client that leaves is left by the service’s side too':
      'of a request that was whole the library tells at the next write, as HTTP/1.1 does of a FIN',
  },
  async open({ tlsPort }) {
    const client = await new Client(tlsPort, 'localhost').opened()
    return new Http3Client(client)
  },
}

class Http3Client implements SuiteClient {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  ask({ method = 'GET', path, headers = {}, hasBody = false }: Asked): Exchange {
    const fields = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, String(value)]),
    )
    const reply = this.#client.ask({
      method,
      path,
      headers: { ':authority': 'api.test', ...fields },
      ...(hasBody ? { body: 'open' as const } : {}),
    })
    return {
      body: bodyOf(this.#client, reply),
      reply: headOf(reply),
      interims: reply.interim,
      abort: () => this.#client.giveUp(reply.id),
    }
  }

  close(): void {
    void this.#client.close()
  }
}

function bodyOf(client: Client, { id }: { readonly id: number }): Writable {
  const send = (bytes: Buffer, isLast: boolean, done: () => void): void => {
    // Nothing tells when it takes bytes again.
    if (client.send(id, bytes, isLast)) done()
    else setTimeout(send, 1, bytes, isLast, done)
  }
  return new Writable({
    write: (piece: Buffer, _encoding, done) => send(piece, false, done),
    final: (done) => send(Buffer.alloc(0), true, done),
  })
}

async function headOf(reply: Reply) {
  await reply.until(() => reply.status !== 0 || reply.state !== 'open')
  if (reply.status === 0) throw new Error('the stream ended without a reply')
  return {
    status: reply.status,
    headers: headersOf(reply),
    body: Readable.from(piecesOf(reply)),
    trailers: () => reply.trailers,
  }
}

/** As Node gives them. */
const headersOf = ({ headers, cookies }: Reply): Record<string, string | string[]> =>
  cookies.length === 0 ? headers : { ...headers, 'set-cookie': cookies }

async function* piecesOf(reply: Reply): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    while (at < reply.body.length) yield reply.body[at++]!
    if (reply.state === 'broken') throw new Error('the stream broke off')
    if (reply.state === 'ended') return
    await once(reply as EventEmitter, 'change')
  }
}

for (const to of serviceKinds) exchangesOf(http3, to)
