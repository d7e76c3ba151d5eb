// A process with few descriptors (`ulimit -n`), and none left while it pauses accepting. Says
// whether the pause came about then, and with descriptors again, and who got through behind it.
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { devNull } from 'node:os'
import { Acceptor } from './acceptor.ts'

let taken = 0
const acceptor = new Acceptor(
  (socket) => {
    taken++
    socket.destroy()
  },
  (error) => {
    throw error
  },
)
await acceptor.open({ host: '127.0.0.1', port: 0 })

async function visit(): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: acceptor.port })
  socket.resume()
  await once(socket, 'close')
}

function openedAll(): number[] {
  const opened: number[] = []
  for (;;) {
    try {
      opened.push(openSync(devNull, 'r'))
    } catch {
      return opened
    }
  }
}

const opened = openedAll()
const without = acceptor.pause()
for (const descriptor of opened) closeSync(descriptor)
await visit()
const within = acceptor.pause()
acceptor.resume()
await visit()
acceptor.close()
console.log(JSON.stringify({ without, within, taken }))
