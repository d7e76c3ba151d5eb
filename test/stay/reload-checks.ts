// The requests of the reload case, and what each version must answer them with.
import { createHash } from 'node:crypto'
import type { Random } from '../../src/base.ts'
import { postJson, type Reply, request } from './client.ts'
import { type Service, serviceField } from './service.ts'
import { endpointsOf, markerField, noteName, quantityMax, seasonPath } from './versions.ts'

export interface Check {
  readonly what: string
  readonly bytes: string
  /** Any of these, in the version that answers. */
  readonly statuses: (version: number) => readonly number[]
}

const kinds: readonly ((random: Random, written: number) => Check)[] = [
  (random) => {
    const what = `GET /items/item${Math.floor(random() * 1_000)}`
    return { what, bytes: request(what), statuses: () => [200] }
  },
  () => ({ what: 'a list', bytes: request('GET /items?limit=20'), statuses: () => [200] }),
  () => ({ what: 'a bad list', bytes: request('GET /items?limit=0'), statuses: () => [400] }),
  () => ({ what: 'scarce', bytes: request('GET /scarce'), statuses: () => [200, 429] }),
  anOrder,
  anOrder,
  anOrder,
  aSeason,
  aSeason,
]

export class ReloadChecks {
  readonly wrong: string[] = []
  answered = 0
  scarceGranted = 0

  pick(random: Random, written: number): Check {
    return kinds[Math.floor(random() * kinds.length)]!(random, written)
  }

  /** Gives the version that made the reply. */
  hold(check: Check, reply: Reply, services: readonly Service[]): number {
    const version = Number(reply.fields.get(markerField) ?? NaN)
    const problem = problemOf(check, reply, version, services)
    if (problem !== undefined) this.wrong.push(`${check.what}, version ${version}: ${problem}`)
    this.answered += 1
    if (check.what === 'scarce' && reply.status === 200) this.scarceGranted += 1
    return version
  }
}

function problemOf(
  check: Check,
  reply: Reply,
  version: number,
  services: readonly Service[],
): string | undefined {
  if (Number.isNaN(version)) return `${reply.status} without a version`
  const wanted = check.statuses(version)
  if (!wanted.includes(reply.status)) return `${reply.status}, not ${wanted.join(' or ')}`
  if (reply.status > 299) return undefined
  const allowed = endpointsOf(version, services).map(({ name }) => name)
  const by = reply.fields.get(serviceField) ?? 'nobody'
  if (!allowed.includes(by)) return `answered by ${by}, not by ${allowed.join(' or ')}`
  return bodyProblem(check, reply)
}

/** The service tells the path and the hash of the body that it was given. */
function bodyProblem({ bytes }: Check, reply: Reply): string | undefined {
  const given = JSON.parse(reply.body.toString()) as { path: string; sha256: string }
  const path = bytes.split(' ', 2)[1]
  const body = bytes.slice(bytes.indexOf('\r\n\r\n') + 4)
  const sha256 = createHash('sha256').update(body).digest('hex')
  if (given.path !== path) return `the service was asked for ${given.path}`
  return given.sha256 === sha256 ? undefined : 'the service was given another body'
}

/** With a quantity and a note that some versions take and others refuse. */
function anOrder(random: Random, written: number): Check {
  const quantity = 8 + Math.floor(random() * 10)
  const noted = random() < 0.5 ? near(random, written) : undefined
  const note = noted === undefined ? {} : { [noteName(noted)]: 'as you like it' }
  const isTaken = (version: number) =>
    quantity <= quantityMax(version) && (noted === undefined || noted === version)
  return {
    what: `an order of ${quantity}${noted === undefined ? '' : ` with note ${noted}`}`,
    bytes: postJson('/orders', { lines: [{ sku: 'ABC-12345', quantity, ...note }] }),
    statuses: (version) => [isTaken(version) ? 201 : 400],
  }
}

/** Of an operation that one version has: it comes, and it goes. */
function aSeason(random: Random, written: number): Check {
  const season = near(random, written)
  return {
    what: `season ${season}`,
    bytes: request(`GET ${seasonPath(season)}`),
    statuses: (version) => [version === season ? 200 : 404],
  }
}

const near = (random: Random, written: number): number =>
  Math.max(0, written - 1 + Math.floor(random() * 3))
