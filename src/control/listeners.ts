// What the configuration says of listeners: where each listens, what holds for its connections, and
// the certificates that it is proved by. Those go beside the snapshot: they change without it.
import type { AcmePlan } from '../acme.ts'
import type { TlsCertificate } from '../wire.ts'
import { servingContext } from '../wire.ts'
import type { ListenerPlan } from '../snapshot.ts'
import { certificateNames } from '../x509.ts'
import { type AcmeWish, compileAcme } from './acme-settings.ts'
import type { BuildOptions, ListenerAddress } from './build-types.ts'
import { type Config, type Listener, listenersIn } from './config.ts'
import { deploymentDefaults } from './defaults.ts'
import { type KeyPair, type KeySources, readKeyPair } from './key-files.ts'
import { errorAt } from './problem-list.ts'
import { commandLine } from './upstreams.ts'

type Asked = Pick<BuildOptions, 'host' | 'port' | 'tls'>

/** The command line wins over the first listener. */
export function listenerAddresses(
  { host, port, tls }: Asked,
  config: Config | undefined,
): ListenerAddress[] {
  const written = config === undefined ? [deploymentDefaults.listen] : listenersIn(config)
  return written.map((one, at) => ({
    host: (at === 0 ? host : undefined) ?? one.host,
    port: (at === 0 ? port : undefined) ?? one.port,
    isSecure: 'tls' in one && one.tls !== undefined ? true : at === 0 && tls !== undefined,
  }))
}

/** Undefined where nothing holds beyond the addresses. */
export function listenerPlans(
  addresses: readonly ListenerAddress[],
  config: Config | undefined,
): ListenerPlan[] | undefined {
  const written = config === undefined ? [] : listenersIn(config)
  const secure = addresses.find(({ isSecure }) => isSecure)
  const plans = addresses.map(({ host, isSecure }, at): ListenerPlan => {
    const { proxyProtocol, redirect, http3 = false } = written[at] ?? {}
    return {
      ...(isSecure ? { tls: true } : {}),
      ...(proxyProtocol === true ? { proxyProtocol } : {}),
      ...(http3 === false ? {} : { http3: http3 === true ? { host } : { host, ...http3 } }),
      ...(redirect === undefined || secure === undefined ? {} : { httpsPort: secure.port }),
    }
  })
  return plans.some((plan) => Object.keys(plan).length > 0) ? plans : undefined
}

/** What is wrong with listeners, beside each one alone. */
export function checkListeners(
  addresses: readonly ListenerAddress[],
  config: Config | undefined,
  { locate, report }: Pick<KeySources, 'locate' | 'report'>,
): void {
  if (config === undefined) return
  for (const [at, one] of listenersIn(config).entries()) {
    const place = (key: string) => locate(`${pointerTo(config, at)}${key}`)
    const { host, port, isSecure } = addresses[at]!
    const same = addresses.findIndex((other) => other.host === host && other.port === port)
    if (port !== 0 && same < at) {
      report(errorAt(place(''), `port ${port} is listened on already`))
    }
    if (one.proxyProtocol && config.trustedHops.length === 0) {
      const message = "nobody could connect: name in 'trustedHops' who sends the PROXY header"
      report(errorAt(place('/proxyProtocol'), message))
    }
    if (one.http3 !== false && !isSecure) {
      report(errorAt(place('/http3'), "HTTP/3 is always secure: it needs 'tls' on its listener"))
    } else if (one.http3 !== false && one.proxyProtocol) {
      report(errorAt(place('/http3'), 'there is no PROXY header for HTTP/3'))
    }
    if (one.redirect === undefined) continue
    if (isSecure) report(errorAt(place('/redirect'), 'it is https already'))
    else if (addresses.every((other) => !other.isSecure)) {
      report(errorAt(place('/redirect'), "there is no listener with 'tls' to send anybody to"))
    }
  }
}

const pointerTo = (config: Config, at: number): string =>
  Array.isArray(config.listen) ? `/listen/${at}` : '/listen'

/** All of them, the first listener's first; undefined where one is of no use, which is reported. */
export function readCertificatesOf(
  { tls }: Asked,
  config: Config | undefined,
  sources: KeySources,
): TlsCertificate[] | undefined {
  const listeners = config === undefined ? [] : listenersIn(config)
  const ofCommandLine =
    tls === undefined
      ? []
      : [readOne(tls, { ...sources, locate: () => commandLine('--tls') }, true)]
  const written = listeners.flatMap((one, at) =>
    readListener(one, {
      ...sources,
      locate: (pointer) => sources.locate(`${pointerTo(config!, at)}/tls${pointer}`),
    }),
  )
  const all = [...ofCommandLine, ...written]
  const found = all.filter((one) => one !== undefined)
  if (found.length < all.length) return undefined
  // Several listeners may name the same.
  return found.filter(({ cert }, at) => found.findIndex((one) => one.cert === cert) === at)
}

/** What authorities are to certify, for all listeners together. */
export function acmePlansOf(
  config: Config | undefined,
  sources: Pick<KeySources, 'files' | 'locate' | 'report'> & { readonly folder: string },
): AcmePlan[] {
  if (config === undefined) return []
  const wishes = listenersIn(config).flatMap(({ tls }, at): AcmeWish[] => {
    const above = `${pointerTo(config, at)}/tls/acme`
    const locate = (pointer: string) => sources.locate(above + pointer)
    return tls?.acme === undefined ? [] : [{ written: tls.acme, locate }]
  })
  return compileAcme(wishes, sources)
}

function readListener({ tls }: Listener, sources: KeySources): (TlsCertificate | undefined)[] {
  if (tls === undefined) return []
  if (tls.certificates === undefined) {
    if (tls.acme !== undefined) return []
    sources.report(errorAt(sources.locate(''), "'tls' needs 'certificates' or 'acme'"))
    return [undefined]
  }
  return tls.certificates.map((one, at) => {
    const locate = (pointer: string) => sources.locate(`/certificates/${at}${pointer}`)
    return readOne(one, { ...sources, locate }, at === 0)
  })
}

function readOne(
  files: { readonly cert: string; readonly key: string },
  sources: KeySources,
  isFirst: boolean,
): TlsCertificate | undefined {
  const pair = readKeyPair(files, sources)
  if (pair === undefined) return undefined
  const names = certificateNames(pair.chain[0]!)
  const problem = usabilityProblem(pair) ?? (isFirst || names.length > 0 ? undefined : nobodyAsks)
  if (problem === undefined) return { names, cert: pair.cert, key: pair.key }
  sources.report(errorAt(pair.place, `${files.cert} ${problem}`))
  return undefined
}

const nobodyAsks = 'names no host, so nobody would ever be shown it: only the first one may'

/** What OpenSSL has against it, such as a key that is too short. */
function usabilityProblem({ cert, key }: KeyPair): string | undefined {
  try {
    servingContext({ cert, key })
    return undefined
  } catch (error) {
    return `cannot be served: ${(error as Error).message}`
  }
}
