// One suite of exchanges over every protocol that a client may speak, in front of services of every
// protocol: what differs between them is their framing, and nothing else may be noticed of it. That
// over HTTP/3 is in `packages/http3`, whose library is large.
import { clientKinds } from './clients.ts'
import { serviceKinds } from './services.ts'
import { exchangesOf } from './suite.ts'

for (const from of clientKinds) for (const to of serviceKinds) exchangesOf(from, to)
