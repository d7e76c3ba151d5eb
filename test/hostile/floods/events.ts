// Event streams: too many of them, and readers that take none of what comes.
import type { Arena } from './arena.ts'
import { Attacker } from './attacker.ts'
import type { Flood } from './flood.ts'
import { asks, headers, http2Attack, many, opening, stream } from './http2.ts'

/** Opens `/news`, of which none come, or `/events`, which come without end. */
async function opened({ port }: Arena, path: string): Promise<Attacker> {
  const attacker = new Attacker({ port })
  attacker.say(`GET ${path} HTTP/1.1\r\nHost: api.test\r\n\r\n`)
  await attacker.until(() => attacker.first.includes('\r\n\r\n'))
  attacker.socket.pause()
  return attacker
}

export const eventFloods: readonly Flood[] = [
  {
    name: 'events: more streams than one address may have',
    ends: /^200: 200, 429: 50$/,
    async attack(arena) {
      const all = await Promise.all(Array.from({ length: 250 }, () => opened(arena, '/news')))
      const count = (status: string) =>
        all.filter(({ first }) => first.startsWith(`HTTP/1.1 ${status}`)).length
      const told = `200: ${count('200')}, 429: ${count('429')}`
      for (const attacker of all) attacker.leave()
      await arena.service.quiet()
      return told
    },
  },
  {
    name: 'events: readers that take nothing',
    ends: /^cut$/,
    async attack(arena) {
      const all = await Promise.all(Array.from({ length: 20 }, () => opened(arena, '/events')))
      // A socket that nobody reads never tells of its end: the service sees it.
      await arena.service.quiet()
      for (const attacker of all) attacker.leave()
      return 'cut'
    },
  },
  {
    name: 'events: 100 streams on one connection of HTTP/2, none of them taken',
    ends: /cancel/,
    attack: (arena) =>
      http2Attack(arena, (attacker) => {
        attacker.say(opening + many(100, (i) => headers(stream(i), asks('GET', '/events'))))
        return attacker.closed()
      }),
  },
]
