// An upstream that takes every request to its end and answers 200, or plays a script.
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface ScriptedUpstream {
  readonly port: number
  /** What it sends to whatever is asked; undefined: a plain 200. */
  script: readonly Buffer[] | undefined
  close(): void
}

export async function startUpstream(): Promise<ScriptedUpstream> {
  // Each connection serves one request, so that a script begins on a connection of its own.
  const http = createHttpServer((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { Connection: 'close' }).end())
  })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (upstream.script === undefined) http.emit('connection', socket)
    else play(socket, upstream.script)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const upstream: ScriptedUpstream = {
    port: (server.address() as AddressInfo).port,
    script: undefined,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  return upstream
}

function play(socket: Socket, script: readonly Buffer[]): void {
  socket.once('data', () => {
    for (const piece of script) socket.write(piece)
    socket.end()
  })
}
