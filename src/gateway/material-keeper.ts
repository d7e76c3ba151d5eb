// What listeners prove themselves by, put together in the main thread: certificates from files,
// those that an authority certifies by and by, and the keys of session tickets. Whatever changes,
// all threads are told the whole.
//
// All threads have one ticket key at a time, made here and never kept: whoever resumes after it has
// changed makes a full handshake, once. So a ticket that was recorded cannot be read for longer
// than a day, which is what forward secrecy is worth with tickets (RFC 9325 §4.4).
import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base.ts'
import { ticketKeysBytes, type TlsCertificate, type TlsMaterial } from '../wire.ts'
import { expiryMetrics, expiryOf, expiryWarning } from './certificate-expiry.ts'
import type { Applied } from './gateway-types.ts'

export const ticketKeysPeriodMs = 24 * 3_600_000

/** How often somebody is told that a certificate will expire. */
const warnPeriodMs = 24 * 3_600_000

/** What is certified while the gateway runs. */
export type Certified = Pick<TlsMaterial, 'certificates' | 'challenges' | 'answers'>

export interface MaterialKeeperSetup {
  readonly clock: Clock
  /** From files, at the start. */
  readonly certificates: readonly TlsCertificate[]
  readonly warn: (sentence: string) => void
}

const nothingCertified: Certified = { certificates: [], challenges: [], answers: [] }

export class MaterialKeeper {
  readonly #setup: MaterialKeeperSetup
  readonly #stops: readonly (() => void)[]
  #ofFiles: readonly TlsCertificate[]
  #certified = nothingCertified
  #ticketKeys: Uint8Array = randomBytes(ticketKeysBytes)
  #prove: (material: TlsMaterial) => Promise<Applied> = async () => undefined
  /** One at a time, so that the last word is the last. */
  #telling: Promise<unknown> = Promise.resolve()

  constructor(setup: MaterialKeeperSetup) {
    this.#setup = setup
    this.#ofFiles = setup.certificates
    this.#stops = [
      setup.clock.every(ticketKeysPeriodMs, () => this.#renewTicketKeys()),
      setup.clock.every(warnPeriodMs, () => this.#warnOfExpiry()),
    ]
    this.#warnOfExpiry()
  }

  /** Those from files come first: the first of all serves names that none is for. */
  get material(): TlsMaterial {
    const { certificates, challenges, answers } = this.#certified
    return {
      certificates: [...this.#ofFiles, ...certificates],
      ticketKeys: this.#ticketKeys,
      challenges,
      answers,
    }
  }

  /** Who is told from now on; he has what there is. */
  tells(prove: (material: TlsMaterial) => Promise<Applied>): void {
    this.#prove = prove
  }

  /** A sentence where they are of no use: then those before stay. */
  async takeFiles(certificates: readonly TlsCertificate[]): Promise<Applied> {
    const before = this.#ofFiles
    if (isDeepStrictEqual(before, certificates)) return undefined
    const problem = await this.#tell(
      () => (this.#ofFiles = certificates),
      () => (this.#ofFiles = before),
    )
    if (problem === undefined) this.#warnOfExpiry()
    return problem
  }

  takeCertified(certified: Certified): Promise<Applied> {
    const before = this.#certified
    return this.#tell(
      () => (this.#certified = certified),
      () => (this.#certified = before),
    )
  }

  #tell(change: () => void, undo: () => void): Promise<Applied> {
    const told = this.#telling.then(async () => {
      change()
      const problem = await this.#prove(this.material)
      if (problem !== undefined) undo()
      return problem
    })
    this.#telling = told.catch(() => {})
    return told
  }

  #renewTicketKeys(): void {
    const take = () => (this.#ticketKeys = randomBytes(ticketKeysBytes))
    this.#tell(take, () => {}).then(
      (problem) => problem && this.#setup.warn(`ticket keys stay as they are: ${problem.problem}`),
      (error: unknown) => this.#setup.warn(`ticket keys stay as they are: ${String(error)}`),
    )
  }

  /** Of those from files: the others are renewed without anybody's help. */
  #warnOfExpiry(): void {
    const { clock, warn } = this.#setup
    for (const one of this.#ofFiles) {
      const sentence = expiryWarning(expiryOf(one), clock.epochMs())
      if (sentence !== undefined) warn(sentence)
    }
  }

  metrics(): string {
    return expiryMetrics(this.material.certificates.map(expiryOf))
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }
}
