// Says on stderr what takes long, and nothing of what is quick. On a terminal the line goes away
// again; in a log it stands once.
import type { World } from './world.ts'

const quickMs = 500

export async function withProgress<T>(
  world: World,
  says: string,
  work: () => Promise<T>,
): Promise<T> {
  let shown = false
  const timer = setTimeout(() => {
    shown = true
    world.err.write(world.err.isTTY ? `${says} …` : `${says} …\n`)
  }, quickMs)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
    if (shown && world.err.isTTY) world.err.write('\r\u001B[2K')
  }
}
