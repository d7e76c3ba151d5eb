// What is kept of an authority's certificates, in one folder for each authority:
//
//   account.json              its key, and its address at the authority
//   certificates/NAME.pem     key and chain in one file, so that they never part
//   orders/NAME.json          an order under way and the key that it is for
//   challenges/NAME.json      what the authority is to be answered, by whichever process it asks
//   failures/NAME.json        since when it fails, and when it may be tried again
//   leases/NAME.NUMBER        which process orders
//
// What cannot be read is moved aside with a warning, and counts as absent.
import type { Disk } from './disk.ts'
import {
  accountIn,
  certificateIn,
  challengeIn,
  failuresIn,
  type KeptAccount,
  type KeptCertificate,
  type KeptChallenge,
  type KeptFailures,
  type KeptOrder,
  orderIn,
} from './kept.ts'

export interface StoreSetup {
  readonly disk: Disk
  /** Folder of the authority. */
  readonly folder: string
  readonly warn: (sentence: string) => void
}

export class AcmeStore {
  readonly #setup: StoreSetup

  constructor(setup: StoreSetup) {
    this.#setup = setup
  }

  account(): Promise<KeptAccount | undefined> {
    return this.#read('account.json', accountIn)
  }

  /** Takes the first one: false where another process was quicker. */
  makeAccount(account: KeptAccount): Promise<boolean> {
    return this.#setup.disk.create(this.#path('account.json'), json(account))
  }

  keepAccount(account: KeptAccount): Promise<void> {
    return this.#write('account.json', json(account))
  }

  certificate(domain: string): Promise<KeptCertificate | undefined> {
    return this.#read(`certificates/${domain}.pem`, (text) => certificateIn(text, domain))
  }

  keepCertificate(domain: string, { cert, key }: KeptCertificate): Promise<void> {
    return this.#write(`certificates/${domain}.pem`, key + cert)
  }

  order(domain: string): Promise<KeptOrder | undefined> {
    return this.#read(`orders/${domain}.json`, orderIn)
  }

  keepOrder(domain: string, order: KeptOrder): Promise<void> {
    return this.#write(`orders/${domain}.json`, json(order))
  }

  dropOrder(domain: string): Promise<void> {
    return this.#drop(`orders/${domain}.json`)
  }

  keepChallenge(challenge: KeptChallenge): Promise<void> {
    return this.#write(`challenges/${challenge.domain}.json`, json(challenge))
  }

  dropChallenge(domain: string): Promise<void> {
    return this.#drop(`challenges/${domain}.json`)
  }

  /** All of those under way, of whichever process. */
  async challenges(epochMs: number): Promise<KeptChallenge[]> {
    const names = await this.#setup.disk.list(this.#path('challenges'))
    const all = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .slice(0, challengesMax)
        .map((name) => this.#read(`challenges/${name}`, challengeIn)),
    )
    return all.filter((one) => one !== undefined && one.untilEpochMs > epochMs) as KeptChallenge[]
  }

  failures(domain: string): Promise<KeptFailures | undefined> {
    return this.#read(`failures/${domain}.json`, failuresIn)
  }

  keepFailures(domain: string, failures: KeptFailures): Promise<void> {
    return this.#write(`failures/${domain}.json`, json(failures))
  }

  dropFailures(domain: string): Promise<void> {
    return this.#drop(`failures/${domain}.json`)
  }

  async #read<T>(name: string, parse: (text: string) => T | undefined): Promise<T | undefined> {
    const { disk, warn } = this.#setup
    const path = this.#path(name)
    const text = await disk.read(path)
    if (text === undefined) return undefined
    const parsed = parse(text)
    if (parsed !== undefined) return parsed
    const aside = `${path}.broken`
    // Another process may have moved it by now.
    await disk.rename(path, aside).catch(() => {})
    warn(`${path} in the folder of certificates is not what it should be: it is now ${aside}`)
    return undefined
  }

  #write(name: string, text: string): Promise<void> {
    return this.#setup.disk.write(this.#path(name), text)
  }

  #drop(name: string): Promise<void> {
    return this.#setup.disk.remove(this.#path(name))
  }

  #path = (name: string): string => `${this.#setup.folder}/${name}`
}

const challengesMax = 1_000

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`
