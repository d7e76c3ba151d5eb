// What was said in a simulation of exchanges, and what of it was seen at the other end: nothing is
// seen that was not said, in its order, and nothing as whole that was not ended.
import assert from 'node:assert/strict'
import type { Random } from '../base.ts'
import type { ExchangeRecord } from '../telemetry.ts'

/** A body on its way: each byte tells which it is. */
export class Message {
  readonly text: string
  saidBytes = 0
  /** Whether its sender has said its end. */
  isSaid = false

  constructor(tag: string, bytes: number) {
    let text = ''
    for (let i = 0; text.length < bytes; i++) text += `${tag}.${i}|`
    this.text = text.slice(0, bytes)
  }

  get rest(): string {
    return this.text.slice(this.saidBytes)
  }

  said(bytes: number, isEnd: boolean): void {
    this.saidBytes += bytes
    this.isSaid ||= isEnd
  }
}

/** One reading of a message. */
export class Seen {
  readonly message: Message
  bytes = 0
  isWhole = false

  constructor(message: Message) {
    this.message = message
  }

  take(text: string): void {
    assert.ok(!this.isWhole, 'nothing comes behind the end')
    assert.ok(this.message.text.startsWith(text, this.bytes), 'what comes was said, and is next')
    this.bytes += text.length
    assert.ok(this.bytes <= this.message.saidBytes, 'nothing comes before it was said')
  }

  end(): void {
    assert.ok(!this.isWhole, 'it ends once')
    assert.ok(this.message.isSaid, 'what is whole was ended by who said it')
    assert.equal(this.bytes, this.message.text.length, 'what is whole has come whole')
    this.isWhole = true
  }
}

/** A request of a client. */
export interface Asked {
  readonly number: number
  readonly method: string
  readonly isSized: boolean
  readonly request: Message
  /** Whether its client takes what comes as it comes, and stays to the end. */
  isPrompt: boolean
  status: number
  /** Of an endpoint's reply, not of one of the gateway's own. */
  reply: Seen | undefined
  hasEnded: boolean
}

export interface Reply {
  readonly asked: Asked
  readonly number: number
  readonly isSized: boolean
  readonly message: Message
}

const sizes = [0, 1, 100, 20_000, 70_000, 200_000]

export class Ledger {
  readonly random: Random
  readonly asked: Asked[] = []
  readonly replies: Reply[] = []
  /** Who may still begin, leave or break something. */
  isCalm = false

  constructor(random: Random) {
    this.random = random
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  /** What breaks something, as long as anything may be broken. */
  mishap(share: number): boolean {
    return !this.isCalm && this.chance(share)
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!
  }

  ask(isPrompt: boolean): Asked {
    const number = this.asked.length
    const method = this.pick(['GET', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE'])
    const hasBody = method === 'POST' || method === 'PUT'
    const asked: Asked = {
      number,
      method,
      isSized: this.chance(0.5),
      request: new Message(`q${number}`, hasBody ? this.pick(sizes) : 0),
      isPrompt,
      status: 0,
      reply: undefined,
      hasEnded: false,
    }
    this.asked.push(asked)
    return asked
  }

  /** The request of a head, by the field that carries its number. */
  askedBy(lines: string): Asked {
    return this.asked[Number(/^user-agent: (\d+)$/im.exec(lines)?.[1])]!
  }

  answer(asked: Asked): Reply {
    const number = this.replies.length
    const bytes = asked.method === 'HEAD' ? 0 : this.pick(sizes)
    const message = new Message(`r${number}`, bytes)
    const reply = { asked, number, isSized: this.chance(0.5), message }
    this.replies.push(reply)
    return reply
  }

  /** The head of a reply has come to its client. */
  answered(asked: Asked, status: number, lines: string): void {
    if (status < 200) return
    asked.status = status
    const number = /^x-reply: (\d+)$/im.exec(lines)?.[1]
    if (number === undefined) return
    const reply = this.replies[Number(number)]!
    assert.equal(reply.asked, asked, 'a reply goes to who asked')
    asked.reply = new Seen(reply.message)
  }

  /** What the records say is what clients saw. */
  checkRecords(records: readonly ExchangeRecord[]): void {
    const byNumber = new Map<number, ExchangeRecord>()
    for (const record of records) {
      const number = Number(record.userAgent)
      assert.ok(!byNumber.has(number), `exchange ${number} is recorded once`)
      byNumber.set(number, record)
    }
    for (const asked of this.asked) this.#checkOne(asked, byNumber.get(asked.number))
  }

  #checkOne(asked: Asked, record: ExchangeRecord | undefined): void {
    const { number, reply, status } = asked
    if (record === undefined)
      return assert.equal(status, 0, `${number}: no answer without a record`)
    if (status > 0)
      assert.equal(record.status, status, `${number}: the status is that of the record`)
    const isWhole = asked.hasEnded
    if (record.fault === undefined && asked.isPrompt) {
      assert.ok(isWhole, `${number}: a client that stays has what is recorded as whole`)
    }
    if (reply === undefined || record.fault === undefined) return
    const hasAll = reply.bytes === reply.message.text.length
    assert.ok(!isWhole || hasAll, `${number}: what failed is not taken for whole`)
  }
}
