// What an upstream says of TLS: who is believed, and what is shown to its endpoints.
import { hash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Blob } from '../policy.ts'
import type { UpstreamPlan } from '../upstream.ts'
import type { Config } from './config.ts'
import { type KeySources, readCertificates, readKeyPair, readNamed, warn } from './key-files.ts'
import { errorAt } from './problem-list.ts'

type TlsPlan = NonNullable<UpstreamPlan['tls']>
export type WrittenTls = NonNullable<Config['upstreams'][string]['tls']>

/** Places are of pointers into the upstream's `tls`. */
export interface TlsSources extends KeySources {
  /** Keeps bytes in the snapshot. */
  readonly blob: (key: string, make: () => Uint8Array) => Blob
}

export function compileTls(written: WrittenTls, sources: TlsSources): TlsPlan | undefined {
  const { locate, report } = sources
  const { serverName } = written
  if (serverName !== undefined && !isServerName(serverName)) {
    report(errorAt(locate('/serverName'), 'a server name is the name of a host, no address'))
  }
  if ((written.cert === undefined) !== (written.key === undefined)) {
    const [has, lacks] = written.cert === undefined ? ['key', 'cert'] : ['cert', 'key']
    report(errorAt(locate(`/${has}`), `'${has}' needs '${lacks}' beside it`))
    return undefined
  }
  const ca = readAuthorities(written.ca, sources)
  const { cert, key } = written
  const own =
    cert === undefined || key === undefined ? undefined : readKeyPair({ cert, key }, sources)
  const texts = { ca, cert: own?.cert, key: own?.key }
  const id = hash('sha256', JSON.stringify({ ...texts, serverName }))
  return {
    id,
    ...(serverName === undefined ? {} : { serverName }),
    ...numbersOf(texts, sources),
  }
}

function isServerName(text: string): boolean {
  if (text.length > 253 || isIP(text) !== 0) return false
  return text.split('.').every((label) => /^[a-z0-9_](?:[\w-]{0,61}[a-z0-9_])?$/i.test(label))
}

/** The texts lie in the snapshot by the hash of each: equal ones lie there once. */
function numbersOf(
  texts: Readonly<Record<'ca' | 'cert' | 'key', string | undefined>>,
  { blob }: TlsSources,
): Pick<TlsPlan, 'ca' | 'cert' | 'key'> {
  const numbers: Partial<Record<'ca' | 'cert' | 'key', number>> = {}
  for (const name of ['ca', 'cert', 'key'] as const) {
    const text = texts[name]
    if (text === undefined) continue
    numbers[name] = blob(`tls ${hash('sha256', text)}`, () => new TextEncoder().encode(text)).number
  }
  return numbers
}

function readAuthorities(ca: WrittenTls['ca'], sources: TlsSources): string | undefined {
  if (ca === undefined) return undefined
  const names = typeof ca === 'string' ? [ca] : ca
  const texts = names.map((name, i) => {
    const read = readNamed(name, typeof ca === 'string' ? '/ca' : `/ca/${i}`, sources)
    const found = read && readCertificates(read, sources)
    if (found === undefined) return ''
    if (found.every(({ validToDate }) => Number(validToDate) < sources.epochMs)) {
      warn(read!, 'has no certificate that has not expired', sources)
    }
    return found.map(String).join('')
  })
  return texts.join('')
}
