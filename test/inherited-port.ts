// Programs of others that serve on a port: they inherit a socket that listens already, so that no port
// has to be guessed, and who connects early waits.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { TestContext } from 'node:test'

export interface Bound {
  readonly server: Server
  readonly port: number
}

/** A listening socket for a program to inherit. */
export async function bound(): Promise<Bound> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port }
}

const path = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }

/** The socket is the program's from now on, as its descriptor 3: who connects waits for it. */
export function start(
  t: TestContext,
  program: string,
  args: string[],
  { server }: Bound,
  env = {},
): void {
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  const stdio: (number | 'ignore')[] = ['ignore', 'ignore', 'ignore', fd]
  const child = spawn(program, args, { env: { ...path, ...env }, stdio })
  t.after(() => child.kill('SIGTERM'))
  server.close()
}
