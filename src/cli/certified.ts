// How names stand that an authority certifies, told on the admin port.
import type { NameStanding } from '../acme.ts'
import { adminJson, type AdminRoute } from '../gateway.ts'

interface Names {
  readonly standings: readonly NameStanding[]
}

export function certificateRoute(names: Names): AdminRoute {
  return {
    method: 'GET',
    path: '/certificates',
    about: 'how names stand that are certified by ACME: until when, and what is wrong',
    answer: () => adminJson(200, names.standings.map(standingJson)),
  }
}

/** Failing names are for probes to see too; they are no reason to serve no more. */
export function failingJson({ standings }: Names): object {
  const failing = standings.filter((one) => one.failing !== undefined)
  return failing.length === 0 ? {} : { certificates: failing.map(standingJson) }
}

function standingJson(standing: NameStanding): object {
  const { domain, authority, state, isOrdering, failing } = standing
  return {
    domain,
    authority,
    state,
    ordering: isOrdering,
    validFrom: isoTime(standing.fromEpochMs),
    validUntil: isoTime(standing.untilEpochMs),
    next: isoTime(standing.nextEpochMs),
    ...(failing === undefined
      ? {}
      : {
          failingSince: isoTime(failing.sinceEpochMs),
          tries: failing.count,
          problem: failing.text,
        }),
  }
}

const isoTime = (epochMs: number | undefined): string | undefined =>
  epochMs === undefined ? undefined : new Date(epochMs).toISOString()
