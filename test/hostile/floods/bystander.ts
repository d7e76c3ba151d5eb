// Well-behaved clients and the service that they ask for, in a process of their own: an attacker
// at work must not hold up who measures. Asks through the gateway and past it side by side: what a
// busy machine does to both is not the gateway's doing.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Client, request } from '../../stay/client.ts'
import { Latencies } from '../../stay/latencies.ts'

/** From the parent: ask this gateway from now on, or tell what came of it since the last time. */
export type Order = { readonly ask: number } | 'tell'

export interface Told {
  readonly answered: number
  readonly p99Ms: number
  readonly directP99Ms: number
  readonly wrong: readonly string[]
}

const clients = 4
const pauseMs = 2
const body = '{"ok":true}'
const fields = `Content-Type: application/json\r\nContent-Length: ${body.length}`
const reply = `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n${body}`

const server = createServer((socket) => {
  socket.setNoDelay(true).setEncoding('latin1')
  socket.on('error', () => {})
  let seen = ''
  socket.on('data', (text: string) => {
    seen += text
    for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
      seen = seen.slice(end + 4)
      socket.write(reply)
    }
  })
})
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))

const through = new Latencies()
const past = new Latencies()
let wrong: string[] = []

/** Until the gateway is gone. */
async function ask(port: number, into: Latencies): Promise<void> {
  let client = await Client.connect({ port })
  for (;;) {
    if (client.state !== 'open') client = await Client.connect({ port })
    const startMs = performance.now()
    try {
      const { status } = await client.ask(request('GET /quick'))
      into.add(performance.now() - startMs)
      if (status !== 200) wrong.push(String(status))
    } catch (error) {
      wrong.push((error as Error).message)
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}

function clear(): void {
  through.clear()
  past.clear()
  wrong = []
}

process.on('message', (order: Order) => {
  if (order === 'tell') {
    const told: Told = {
      answered: through.count,
      p99Ms: through.quantile(0.99),
      directP99Ms: past.quantile(0.99),
      wrong,
    }
    clear()
    return void process.send!(told)
  }
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < clients; i++) {
    ask(order.ask, through).catch((error: Error) => wrong.push(error.message))
    void ask(port, past)
  }
})
process.on('disconnect', () => process.exit(0))
