// A service of gRPC behind a gateway, both in this process: for tests that ask through the clients of
// Connect. What is done with a message says its text.
import { once } from 'node:events'
import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  type Message,
} from '@bufbuild/protobuf'
import type { GenMessage, GenService } from '@bufbuild/protobuf/codegenv2'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { buildSnapshot } from '../src/control/build.ts'
import { startGateway } from '../src/gateway.ts'
import { chatFile, setBytes } from '../src/load/descriptor-set-for-tests.ts'
import { folderWith } from './folder.ts'

export type Text = Message<'chat.v1.Message'> & { text: string }

/** As generated code would have it. */
export type ChatService = GenService<{
  send: { methodKind: 'unary'; input: GenMessage<Text>; output: GenMessage<Text> }
  collect: { methodKind: 'client_streaming'; input: GenMessage<Text>; output: GenMessage<Text> }
  follow: { methodKind: 'server_streaming'; input: GenMessage<Text>; output: GenMessage<Text> }
  talk: { methodKind: 'bidi_streaming'; input: GenMessage<Text>; output: GenMessage<Text> }
}>

const bytes = setBytes([chatFile])
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes))
const messageSchema = registry.getMessage('chat.v1.Message') as DescMessage

export const chatService = registry.getService('chat.v1.Chat') as unknown as ChatService

export const text = (said: string): Text => create(messageSchema, { text: said }) as Text

export interface Served {
  readonly port: number
  /** Of every call, in order. */
  readonly calls: HandlerContext[]
  readonly server: Http2Server
}

export async function serveChat(t: TestContext): Promise<Served> {
  const calls: HandlerContext[] = []
  const server = createServer(
    connectNodeAdapter({ routes: (router) => router.service(chatService, implementation(calls)) }),
  )
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => sessions.add(session))
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, calls, server }
}

function implementation(calls: HandlerContext[]): ServiceImpl<ChatService> {
  return {
    async send(message, context) {
      calls.push(context)
      const given = context.requestHeader.get('x-given')
      context.responseHeader.set('x-head', given ?? '')
      context.responseTrailer.set('x-tail-bin', context.requestHeader.get('x-given-bin') ?? '')
      if (message.text === 'fail') throw failure()
      if (message.text === 'wait') await aborted(context)
      return text(message.text)
    },
    async collect(messages, context) {
      calls.push(context)
      let all = ''
      for await (const message of messages) {
        all += message.text
        if (message.text === 'fail') throw failure()
      }
      return text(all)
    },
    async *follow(message, context) {
      calls.push(context)
      const count = Number(message.text)
      for (let i = 0; i < count; i++) yield text(`${i}`)
      if (Number.isNaN(count)) {
        yield text(message.text)
        await aborted(context)
      }
    },
    async *talk(messages, context) {
      calls.push(context)
      for await (const message of messages) {
        if (message.text === 'fail') throw failure()
        yield text(`echo ${message.text}`)
      }
    },
  }
}

const failure = () => {
  const details = [{ desc: messageSchema, value: text('because') }]
  return new ConnectError('größer als 100 %', Code.FailedPrecondition, { 'x-why': 'so' }, details)
}

const aborted = ({ signal }: HandlerContext): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()))

/** Gives the port of a gateway before it. */
export async function gatewayBefore(t: TestContext, to: string, overlay?: string): Promise<number> {
  const folder = folderWith(t, overlay === undefined ? {} : { 'overlay.yaml': overlay })
  const contractFile = join(folder, 'chat.binpb')
  writeFileSync(contractFile, bytes)
  const overlays = overlay === undefined ? [] : [join(folder, 'overlay.yaml')]
  const { snapshot, problems } = await buildSnapshot({ contractFile, to: [to], overlays })
  if (snapshot === undefined) throw new Error(problems.map(({ message }) => message).join('\n'))
  const gateway = await startGateway({
    bundle: snapshot,
    listen: [{ host: '127.0.0.1', port: 0 }],
    workers: 0,
    log: { access: 'off', redact: [] },
  })
  if ('problem' in gateway) throw new Error(gateway.problem)
  t.after(() => gateway.close())
  return gateway.port
}
