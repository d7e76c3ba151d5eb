// New messages as server-sent events. The id of each is a cursor of the list: a client that lost
// its connection comes back with `Last-Event-ID`, to any process that has the database.
import type { ServerResponse } from 'node:http'
import type { Reader } from './feed.ts'
import type { Caller } from './service.ts'

const retryMs = 2_000
const heartbeatMs = 15_000

/** What is written and not yet taken: beyond it the reader is too slow, and comes back later. */
export const lagBytesMax = 2 * 1024 * 1024

export function eventReader(caller: Caller, response: ServerResponse, requestId: string): Reader {
  const write = (text: string) => {
    response.write(text)
    if (response.writableLength > lagBytesMax) response.destroy()
  }
  return {
    caller,
    begin(cursor) {
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        'X-Request-Id': requestId,
      })
      // Whoever is in between sees that the stream lives, and a client that is gone is noticed.
      const heartbeat = setInterval(() => write(': nothing new\n\n'), heartbeatMs).unref()
      response.on('close', () => clearInterval(heartbeat))
      // An id without data is no event, but the one that a client comes back with.
      write(`retry: ${retryMs}\nid: ${cursor}\n\n`)
    },
    message: ({ message, cursor }) => write(`id: ${cursor}\ndata: ${JSON.stringify(message)}\n\n`),
    gap: (since, cursor) =>
      write(`event: gap\nid: ${cursor}\ndata: ${JSON.stringify({ since })}\n\n`),
    end: () => response.end(),
  }
}
