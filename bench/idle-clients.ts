// Connections that have asked once and then rest: `node bench/idle-clients.ts PORT COUNT`, told of
// over its channel. A process of its own, for each connection takes a descriptor at either end.
import { once } from 'node:events'
import { createConnection } from 'node:net'

const [port = 0, count = 0] = process.argv.slice(2).map(Number)
/** A gateway bounds the connections of one address: 127.0.0.0/8 is full of others. */
const perAddress = 1000
/** At once on their way, well below what a listener keeps waiting. */
const openingMax = 100

const request = Buffer.from('GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')

process.on('SIGTERM', () => process.exit(0))
process.on('disconnect', () => process.exit(0))

for (let at = 0; at < count; at += openingMax)
  await Promise.all(
    Array.from({ length: Math.min(openingMax, count - at) }, (_, i) => rest(at + i)),
  )
process.send?.('resting')

/** Ends once its reply has come; the connection stays. */
async function rest(number: number): Promise<void> {
  const localAddress = `127.0.0.${2 + Math.floor(number / perAddress)}`
  const socket = createConnection({ port, host: '127.0.0.1', localAddress })
  await once(socket, 'connect')
  socket.write(request)
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  const text = bytes.toString('latin1')
  if (!text.startsWith('HTTP/1.1 200')) throw new Error(text)
  socket.on('close', () => {
    throw new Error('a connection that rested was closed')
  })
}
