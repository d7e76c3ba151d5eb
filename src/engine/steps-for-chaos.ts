// Steps of policies for the simulation of connections: drawn by its seed, they look at bodies, change
// what is sent, take their time, refuse, and keep some of what they see.
import { type Random, refuse } from '../base.ts'
import type { BodyWatch, Exchange, Piece, Step, Verdict, VerifyStep } from '../http.ts'
import type { LinkedSteps } from '../policy.ts'
import { compileRequestEdit } from './request-fields.ts'
import { inShadow } from './shadowing.ts'
import type { LinkedOperation } from './snapshot.ts'
import { namedSteps } from './step-names.ts'

/** What is refused wherever it is looked for. */
export const bad = 'bad'

const invalid = refuse('UPSTREAM_INVALID_REPLY')
const denied = refuse('FORBIDDEN')

export interface DrawnSteps {
  readonly steps: Partial<LinkedOperation>
  /** Whether no client may ever see what is bad. */
  readonly judgesReplies: boolean
  /** Whether no endpoint may. */
  readonly judgesRequests: boolean
}

/** Half of all seeds go without. */
export function drawSteps(random: Random, bug: (error: unknown) => void): DrawnSteps | undefined {
  const chance = (share: number): boolean => random() < share
  if (chance(0.5)) return undefined
  const linked = Array.from({ length: 3 }, (_, at) => {
    const by = { policy: `p${at}`, at, isShadow: chance(0.5) }
    const own = drawn(random)
    return { by, steps: namedSteps(by, by.isShadow ? inShadow(by, own, bug) : own) }
  })
  const heard = linked.filter(({ by }) => !by.isShadow).map(({ steps }) => steps)
  return {
    steps: stepsOf(linked, chance(0.3)),
    judgesReplies: heard.some(({ verify }) => verify !== undefined && verify !== byHead),
    judgesRequests: heard.some(({ watch }) => watch !== undefined),
  }
}

interface Named {
  readonly by: { readonly policy: string; readonly isShadow: boolean }
  readonly steps: LinkedSteps
}

function stepsOf(linked: readonly Named[], edits: boolean): Partial<LinkedOperation> {
  const all = linked.map(({ steps }) => steps)
  return {
    admit: all.flatMap(({ admit }) => admit ?? []),
    check: all.flatMap(({ check }) => check ?? []),
    content: all.flatMap(({ content }) => content ?? []),
    prepare: all.flatMap(({ prepare }) => prepare ?? []),
    watches: linked.flatMap(({ by, steps: { watch } }) => (watch ? { ...by, watch } : [])),
    verify: linked.flatMap(({ by, steps: { verify } }) => (verify ? { ...by, step: verify } : [])),
    ...(edits && { editLines: compileRequestEdit({ drop: ['te'], set: ['X-Set', '1'] }) }),
  }
}

function drawn(random: Random): LinkedSteps {
  const chance = (share: number): boolean => random() < share
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  const phase = pick(['admit', 'check', 'content', 'prepare'] as const)
  return {
    ...(chance(0.4) && { [phase]: pick([later(3), later(20), never, change, changeLater]) }),
    ...(chance(0.4) && { watch: pick([watching(0), watching(1_000), watching(700_000)]) }),
    ...(chance(0.6) && {
      verify: pick([whole(10), whole(400_000), whole(2_000_000), watched, byHead]),
    }),
  }
}

const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await new Promise((resolve) => setImmediate(resolve))
}

const later =
  (count: number): Step =>
  async ({ id }): Promise<Verdict> => {
    await turns(count)
    return id.endsWith('3') ? denied : undefined
  }

const never: Step = () => new Promise(() => undefined)

const change = (exchange: Exchange): undefined => {
  exchange.path = '/elsewhere'
  exchange.upstreamHost = 'elsewhere.test'
  exchange.setField('X-Own', 'yes')
}

const changeLater: Step = async (exchange) => {
  await turns(2)
  return change(exchange)
}

/** Refuses the piece that makes it bad, and keeps so many bytes meanwhile. */
function watchOf(heldBytes: number): BodyWatch {
  let seen = ''
  return {
    piece(piece: Piece) {
      const text = typeof piece === 'string' ? piece : piece.toString('latin1')
      seen = seen.slice(1 - bad.length) + text
      return seen.includes(bad) ? invalid : undefined
    },
    end: () => (seen.endsWith('!') ? invalid : undefined),
    heldBytes,
  }
}

const watching = (heldBytes: number) => (): BodyWatch => watchOf(heldBytes)

const watched: VerifyStep = () => ({ check: { how: 'watch', watch: watchOf(100) } })

const whole =
  (bytesMax: number): VerifyStep =>
  () => ({
    check: {
      how: 'whole',
      bytesMax,
      body: (bytes) => (Buffer.from(bytes).includes(bad) ? invalid : undefined),
    },
  })

const byHead: VerifyStep = (_, { status }) => (status === 304 ? { refusal: invalid } : undefined)
