// The program that requests go to, where it lives in this process: what takes connections to it.
import { createServer, Server } from 'node:http'
import type { Accept } from '../wire.ts'
import type { App, GatewayOptions } from './gateway-options.ts'

export const isApp = (to: GatewayOptions['to']): to is App =>
  typeof to === 'function' || (typeof to === 'object' && !Array.isArray(to))

/** Undefined where it is neither a listener nor a plain server. */
export function acceptOf(app: App): Accept | undefined {
  const server = typeof app === 'function' ? createServer(app) : app
  if (!(server instanceof Server)) return undefined
  return (socket) => void server.emit('connection', socket)
}
