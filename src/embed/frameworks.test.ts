// What people build programs with, behind the gateway in one process: bodies that stream, and ends.
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import type { App } from '../embed.ts'
import { asked, post, served, textOf } from './embedded-for-tests.ts'

/** A program that sends what is written to `pieces` as its reply, and counts what it is sent. */
type Make = (pieces: PassThrough) => Promise<App> | App

const makes: Readonly<Record<string, Make>> = {
  async fastify(pieces) {
    const app = fastify()
    app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body))
    app.get('/notes', (_request, reply) => reply.send(pieces))
    app.put('/blob', async (got) => String(await bytesIn(got.body as Readable)))
    await app.ready()
    return app.server
  },
  express(pieces) {
    const app = express()
    app.get('/notes', (_request, response) => void pieces.pipe(response))
    app.put('/blob', async (got, response) => void response.send(String(await bytesIn(got))))
    return app
  },
  hono(pieces) {
    const app = new Hono()
    app.get('/notes', (context) => context.body(Readable.toWeb(pieces) as ReadableStream))
    app.put('/blob', async (context) => {
      return context.text(String(await bytesIn(Readable.fromWeb(context.req.raw.body as never))))
    })
    return getRequestListener(app.fetch)
  },
}

async function bytesIn(body: Readable): Promise<number> {
  let bytes = 0
  for await (const piece of body) bytes += (piece as Buffer).length
  return bytes
}

for (const [name, make] of Object.entries(makes)) {
  test(`${name}: refused before it is asked, streamed both ways, ended when all is said`, async (t) => {
    const pieces = new PassThrough()
    const { gateway, url } = await served(t, { to: await make(pieces) })
    assert.equal((await post(url, { text: 1 })).statusCode, 400)

    const sending = request(`${url}/blob`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream' },
      agent: false,
    })
    Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536))).pipe(sending)
    const [stored] = (await once(sending, 'response')) as [IncomingMessage]
    assert.equal(await textOf(stored), String(64 * 65_536))

    const asking = asked(`${url}/notes`)
    pieces.write('one')
    const reply = await asking
    assert.equal(String((await once(reply, 'data'))[0]), 'one')
    const closed = gateway.close()
    pieces.write('two')
    assert.equal(String((await once(reply, 'data'))[0]), 'two')
    pieces.end('three')
    assert.equal(await textOf(reply), 'three')
    await closed
  })
}
