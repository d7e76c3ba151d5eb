// Addresses of endpoints as written: `http://host:port/path`, `https://…`, `h2c://…` for HTTP/2
// without TLS, or `unix:/path/of.sock` with a path of requests behind another colon.
import type { EndpointPlan } from '../upstream.ts'
import type { Deployment } from './build-types.ts'

/** What services are said to speak elsewhere, and how that is written here. */
const written: Readonly<Record<string, string>> = {
  'ws:': 'http://, for WebSockets too',
  'wss:': 'https://, for WebSockets too',
  'grpc:': 'h2c://',
  'grpcs:': "https://, with 'http: 2' at the upstream",
  'http2:': 'h2c://',
  'h2:': "https://, with 'http: 2' at the upstream",
}

const insteadOf = (protocol: string): string => {
  const instead = written[protocol]
  return instead === undefined ? '' : `: write ${instead}`
}

/** An address read, or what is wrong with it. */
export function readEndpoint(text: string): EndpointPlan | string {
  if (/^unix:/i.test(text)) return readUnix(text)
  const isHttp2 = /^h2c:/i.test(text)
  // Of schemes that it does not know it reads hosts in another way.
  const url = URL.parse(isHttp2 ? text.replace(/^h2c/i, 'http') : text)
  if (url === null || !/^[a-z][a-z0-9]*:\/\/[^/]/i.test(text)) {
    return `'${shown(text)}' is not an address ${meantBy(text)}`
  }
  const isSecure = url.protocol === 'https:'
  if (!isSecure && url.protocol !== 'http:') {
    const instead = insteadOf(url.protocol)
    return `an endpoint is http://, https://, h2c:// or unix:, not ${url.protocol}//${instead}`
  }
  if (url.username !== '' || url.password !== '') return 'an endpoint holds no user or password'
  if (text.includes('?') || text.includes('#')) return 'an endpoint holds no query and no fragment'
  if (url.port === '0') return 'an endpoint has a port of its own, not 0'
  const problem = pathProblem(url.pathname)
  if (problem !== undefined) return problem
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    basePath: withoutSlash(url.pathname),
    ...(isSecure ? { isSecure } : {}),
    ...(isHttp2 ? { http: 2 } : {}),
  }
}

/** What was meant, where the scheme alone is missing. */
function meantBy(text: string): string {
  const isHost = /^[\w.-]+(?::\d+)?(?:\/\S*)?$/.test(text) && URL.canParse(`http://${text}`)
  return isHost ? `(did you mean http://${text}?)` : 'such as http://127.0.0.1:3000'
}

const pathProblem = (path: string): string | undefined =>
  /%|\/\/|\\/.test(path) ? `the path '${path}' could be read in two ways` : undefined

const withoutSlash = (path: string): string => path.replace(/\/$/, '')

/** As long as a system may have it, its NUL aside (`sun_path`). */
const socketPathBytesMax = 107

function readUnix(text: string): EndpointPlan | string {
  const [socketPath = '', basePath = '', ...more] = text.slice('unix:'.length).split(':')
  if (!/^\/[^/]/.test(socketPath)) return 'a Unix socket has an absolute path: unix:/run/app.sock'
  if (more.length > 0) return `'${shown(text)}' has more than one colon behind its socket`
  if (Buffer.byteLength(socketPath) > socketPathBytesMax) {
    return `the path of a Unix socket has ${socketPathBytesMax} bytes at most`
  }
  if (basePath !== '' && !/^\/[!-~]*$/.test(basePath)) {
    return `'${shown(basePath)}' is no path of requests, such as /v1`
  }
  if (/[?#]/.test(basePath)) return 'an endpoint holds no query and no fragment'
  const problem = pathProblem(basePath)
  return problem ?? { socketPath, basePath: withoutSlash(basePath) }
}

const shown = (text: string): string => text.replace(/\/\/[^/]*@/, '//').slice(0, 200)

const loopback = /^(localhost|127(\.\d+){3}|::1|::|0\.0\.0\.0)$/i

/** The listener that an endpoint points back at, if it does. */
export function ownListener(endpoint: EndpointPlan, deployment: Deployment): string | undefined {
  // Nobody of ours listens on a Unix socket.
  if ('socketPath' in endpoint) return undefined
  const { listen, admin } = deployment
  const isOwn = (own: { readonly host: string; readonly port: number }) =>
    own.port !== 0 && own.port === endpoint.port && sameHost(own.host, endpoint.host)
  if (listen.some(isOwn)) return `port ${endpoint.port}, on which the API itself is served`
  return isOwn(admin) ? `port ${admin.port}, the admin port` : undefined
}

function sameHost(own: string, other: string): boolean {
  return own.toLowerCase() === other || (loopback.test(own) && loopback.test(other))
}
