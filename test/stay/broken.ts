// Changes that must not come into force: each is one file that somebody has got wrong.
import { makeCertificate } from '../certificates.ts'
import { configFile } from './aspects.ts'
import type { Files } from './program.ts'

export interface Broken {
  readonly what: string
  readonly file: string
  readonly text: (files: Files) => string
  /** How long it may take until that is told. */
  readonly withinMs: number
}

const soonMs = 20_000
/** Builds and threads that never end are given up after a minute and after half of one. */
const lateMs = 90_000

const broken = (what: string, file: string, add: string, withinMs = soonMs): Broken => ({
  what,
  file,
  text: (files) => `${add}\n${files[file]}`,
  withinMs,
})

const linking = (what: string, code: string, withinMs = soonMs): Broken => ({
  what,
  file: 'stamp.ts',
  text: (files) => files['stamp.ts']!.replace('link: () => (', `link: () => ${code} || (`),
  withinMs,
})

export const brokenSoon: readonly Broken[] = [
  broken('a policy that cannot be parsed', 'stamp.ts', 'export const = 1'),
  broken('an import that throws', 'words.ts', "throw new Error('no')"),
  broken('an import that waits for ever', 'words.ts', 'await new Promise(() => {})'),
  linking('a link that throws', "(() => { throw new Error('no') })()"),
  broken('a configuration that throws', configFile, "throw new Error('no')"),
  broken('an overlay that is none', 'overlay.json', '{'),
  {
    what: 'a key of another certificate',
    file: 'client.pem',
    text: (files) => `${makeCertificate().key}${/-----BEGIN CERT[^]*/.exec(files['client.pem']!)}`,
    withinMs: soonMs,
  },
  { what: 'a CA that is none', file: 'ca.pem', text: () => 'nobody', withinMs: soonMs },
]

export const brokenLate: readonly Broken[] = [
  broken('an import that never ends', 'words.ts', 'for (;;);', lateMs),
  linking('a link that never ends', '(() => { for (;;); })()', lateMs),
]
