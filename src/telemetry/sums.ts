// What was announced, summed over threads: the cells of those that run, and what those left that
// have ended. A sum never falls while its series is shown.
import {
  boundedKey,
  cellsOf,
  type Counted,
  type CountsNews,
  type OfOperation,
  otherName,
  otherStatus,
  shadowsMax,
  statusesMax,
} from './news.ts'

/** Runs of cells of one kind in several threads. */
export class Sum {
  readonly #cells: number
  readonly #living: { readonly thread: number; readonly cells: Float64Array }[] = []
  /** Of threads that have ended. */
  #left: Float64Array | undefined

  constructor(what: Counted['what']) {
    this.#cells = cellsOf[what]
  }

  get isLiving(): boolean {
    return this.#living.length > 0
  }

  add(thread: number, cells: Float64Array): void {
    this.#living.push({ thread, cells })
  }

  /** Keeps what a thread has counted and lets go of its memory. */
  fold(thread: number): void {
    for (let i = this.#living.length - 1; i >= 0; i--) {
      const one = this.#living[i]!
      if (one.thread !== thread) continue
      addTo((this.#left ??= new Float64Array(this.#cells)), one.cells)
      this.#living.splice(i, 1)
    }
  }

  read(): Readonly<Float64Array> {
    if (this.#left === undefined && this.#living.length === 1) return this.#living[0]!.cells
    const sum = this.#left?.slice() ?? new Float64Array(this.#cells)
    for (const { cells } of this.#living) addTo(sum, cells)
    return sum
  }
}

function addTo(sum: Float64Array, cells: Float64Array): void {
  for (let i = 0; i < cells.length; i++) sum[i]! += cells[i]!
}

/** An operation in all threads. */
export interface OperationSums extends OfOperation {
  readonly cells: Sum
  /** Whole durations, by status. */
  readonly statuses: Map<number, Sum>
  /** Refusals in shadow, by policy. */
  readonly shadows: Map<string, Sum>
  /** Replies by status of gRPC. */
  readonly grpc: Sum
}

export class Sums {
  /** Totals and faults of threads. */
  readonly threads = new Sum('thread')
  readonly #operationsMax: number
  readonly #slabs = new Map<number, SharedArrayBuffer>()
  readonly #named = new Map<string, OperationSums>()
  readonly #unnamed = new Map<string, OperationSums>()

  constructor(operationsMax: number) {
    this.#operationsMax = operationsMax
  }

  operations(): OperationSums[] {
    return [...this.#named.values(), ...this.#unnamed.values()]
  }

  take(thread: number, news: CountsNews): void {
    switch (news.news) {
      case 'slab':
        this.#slabs.set(thread, news.memory)
        return
      case 'cells':
        return this.#place(thread, news.at, news.of)
      case 'renewed':
        for (const one of this.operations()) fold(one, thread)
        for (const [key, one] of this.#named) {
          if (!one.cells.isLiving && !news.templates.has(one.template)) this.#named.delete(key)
        }
    }
  }

  ended(thread: number): void {
    this.#slabs.delete(thread)
    this.threads.fold(thread)
    for (const one of this.operations()) fold(one, thread)
  }

  #place(thread: number, at: number, of: Counted): void {
    const memory = this.#slabs.get(thread)
    // Nothing more is read of a thread that has ended.
    if (memory === undefined) return
    const bytesAt = at * Float64Array.BYTES_PER_ELEMENT
    this.#sumOf(of).add(thread, new Float64Array(memory, bytesAt, cellsOf[of.what]))
  }

  #sumOf(of: Counted): Sum {
    if (of.what === 'thread') return this.threads
    const { cells, grpc, shadows, statuses } = this.#operation(of.method, of.template)
    if (of.what === 'operation') return cells
    if (of.what === 'grpc') return grpc
    return of.what === 'status'
      ? summed(statuses, boundedKey(statuses, of.status, statusesMax, otherStatus), of.what)
      : summed(shadows, boundedKey(shadows, of.policy, shadowsMax, otherName), of.what)
  }

  // Bounded as each thread bounds its own: together they may have seen more.
  #operation(method: string, template: string): OperationSums {
    const key = `${method} ${template}`
    const isNamed = template !== '' && template !== otherName
    const all = isNamed ? this.#named : this.#unnamed
    const known = all.get(key)
    if (known !== undefined) return known
    if (isNamed && all.size >= this.#operationsMax) return this.#operation(method, otherName)
    const cells = new Sum('operation')
    const grpc = new Sum('grpc')
    const made = { method, template, cells, statuses: new Map(), shadows: new Map(), grpc }
    all.set(key, made)
    return made
  }
}

function summed<K>(sums: Map<K, Sum>, key: K, what: Counted['what']): Sum {
  const known = sums.get(key)
  if (known !== undefined) return known
  const made = new Sum(what)
  sums.set(key, made)
  return made
}

function fold({ cells, grpc, shadows, statuses }: OperationSums, thread: number): void {
  for (const sum of [cells, grpc, ...statuses.values(), ...shadows.values()]) sum.fold(thread)
}
