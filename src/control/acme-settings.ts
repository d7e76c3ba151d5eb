// Certificates by ACME as they are written at listeners: their schema, and what it means for all of
// them together. A name is certified once, whichever listeners serve it.
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { type AcmePlan, domainProblem, letsEncrypt } from '../acme.ts'
import type { Place, Problem } from '../base.ts'
import type { NamedFiles } from '../load.ts'
import { certificatesIn } from '../x509.ts'
import { errorAt } from './problem-list.ts'

const domain = z.string().superRefine((text, context) => {
  const problem = domainProblem(text)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `'${text}' ${problem}` })
})

export const acmeSchema = z.strictObject({
  domains: z
    .array(domain)
    .min(1)
    .max(100)
    .describe('names to certify, each in a certificate of its own; they must lead here'),
  agreeToTerms: z
    .literal(true)
    .describe(
      "that the terms of service of the authority are accepted; Let's Encrypt shows them at https://letsencrypt.org/repository",
    ),
  directory: z
    .url({ protocol: /^https$/, error: 'expected the https address of a directory of ACME' })
    .default(letsEncrypt)
    .describe('the certificate authority, by the address of its directory'),
  directoryCa: z
    .string()
    .min(1)
    .optional()
    .describe(
      "PEM file of the CAs that certify the authority's own server, where nobody else knows them",
    ),
  email: z.email().optional().describe('where the authority may write to about the account'),
  challenge: z
    .enum(['tls-alpn-01', 'http-01'])
    .optional()
    .describe(
      'how names are proved: in a TLS handshake on port 443, or by a file on port 80; both in turn where it is not written',
    ),
  externalAccount: z
    .strictObject({
      keyId: z.string().min(1).max(500).describe('as the authority gives it'),
      macKeyEnv: z
        .string()
        .regex(/^[A-Za-z_]\w{0,127}$/)
        .describe('name of the environment variable that holds the key to it, in base64url'),
    })
    .optional()
    .describe('account with the authority, where it takes its own customers alone'),
  storage: z
    .string()
    .min(1)
    .optional()
    .describe(
      "folder that keys and certificates are kept in, relative to this file; processes that share it order once (the user's folder for state)",
    ),
})

export type WrittenAcme = z.infer<typeof acmeSchema>

/** What one listener wishes for, and where it is written. */
export interface AcmeWish {
  readonly written: WrittenAcme
  /** Place of a pointer into it. */
  readonly locate: (pointer: string) => Place
}

export interface AcmeSources {
  readonly files: Pick<NamedFiles, 'read'>
  /** Folder of the configuration. */
  readonly folder: string
  readonly report: (problem: Problem) => void
}

/** One plan for each authority and way to deal with it. */
export function compileAcme(wishes: readonly AcmeWish[], sources: AcmeSources): AcmePlan[] {
  const plans: AcmePlan[] = []
  const taken = new Map<string, Taken>()
  for (const wish of wishes) {
    const terms = termsOf(wish, sources)
    const other = plans.find((one) => sharesAccount(one, terms) && !hasSameAccount(one, terms))
    if (other !== undefined) {
      const message = `another listener deals with ${terms.directory} in another way: write the same at both`
      sources.report(errorAt(wish.locate(''), message))
    }
    const same = plans.findIndex((one) =>
      isDeepStrictEqual(one, { ...terms, domains: one.domains }),
    )
    const plan = same === -1 ? plans.length : same
    const fresh = wish.written.domains.flatMap((written, i) => {
      const name = written.toLowerCase()
      const before = taken.get(name)
      taken.set(name, before ?? { plan, wish })
      const problem = before && problemOfTwice(before, { plan, wish })
      if (problem !== undefined) {
        sources.report(errorAt(wish.locate(`/domains/${i}`), `'${name}' ${problem}`))
      }
      return before === undefined ? [name] : []
    })
    plans[plan] = { ...terms, domains: [...(plans[plan]?.domains ?? []), ...fresh] }
  }
  return plans
}

type Terms = Omit<AcmePlan, 'domains'>

/** An authority has one account in a folder. */
const sharesAccount = (a: Terms, b: Terms): boolean =>
  a.directory === b.directory && a.storage === b.storage

const hasSameAccount = (a: Terms, b: Terms): boolean =>
  a.email === b.email &&
  a.directoryCa === b.directoryCa &&
  isDeepStrictEqual(a.externalAccount, b.externalAccount)

/** By which plan a name is certified, and who was first to wish for it. */
interface Taken {
  readonly plan: number
  readonly wish: AcmeWish
}

function problemOfTwice(before: Taken, now: Taken): string | undefined {
  if (before.wish === now.wish) return 'is named twice'
  // Two listeners may serve it; two certificates of it there are not.
  return before.plan === now.plan
    ? undefined
    : 'is certified by other settings at another listener: write the same at both'
}

function termsOf({ written, locate }: AcmeWish, sources: AcmeSources): Terms {
  const { challenge, directory, email, externalAccount, storage } = written
  const directoryCa = readAuthorities({ written, locate }, sources)
  return {
    directory: new URL(directory).href,
    ...(directoryCa === undefined ? {} : { directoryCa }),
    ...(email === undefined ? {} : { email }),
    ...(challenge === undefined ? {} : { challenge }),
    ...(externalAccount === undefined ? {} : { externalAccount }),
    ...(storage === undefined ? {} : { storage: resolve(sources.folder, storage) }),
  }
}

function readAuthorities(
  { written, locate }: AcmeWish,
  { files, folder, report }: AcmeSources,
): string | undefined {
  if (written.directoryCa === undefined) return undefined
  const place = locate('/directoryCa')
  const path = resolve(folder, written.directoryCa)
  const read = files.read(path, 'configuration')
  const found = 'text' in read ? certificatesIn(read.text) : []
  if ('problem' in read) report(errorAt(place, read.problem))
  else if (typeof found === 'number') {
    report(errorAt(place, `certificate ${found} in ${path} cannot be read`))
  } else if (found.length === 0) {
    report(errorAt(place, `${path} holds no certificate in PEM form`))
  }
  return typeof found === 'number' ? undefined : found.map(String).join('')
}
