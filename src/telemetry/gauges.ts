// What is read at the moment of a scrape, beside what is counted.

export interface Gauges {
  /** Of the snapshot in force. */
  readonly revision: string
  /** Of every thread that answered; of one that did not, nothing is shown. */
  readonly threads: readonly ThreadGauges[]
  readonly process: ProcessGauges
  readonly workers: WorkerGauges
}

export interface ThreadGauges {
  /** 0: the main thread. */
  readonly thread: number
  readonly watch: ThreadReading
  /** Undefined of a thread that is no part of the data plane. */
  readonly serving: ServingGauges | undefined
}

/** What the data plane of one thread has at hand. */
export interface ServingGauges {
  readonly activeExchanges: number
  /** Of them, event streams, calls that stream and WebSockets, which end when somebody ends them. */
  readonly liveStreams: number
  /** Of clients. */
  readonly connections: number
  /** As many as the gateway may have: fewer than configured where descriptors do not suffice. */
  readonly connectionsMax: number
  /** Of bodies that this thread holds whole. */
  readonly heldBytes: number
  readonly endpoints: readonly EndpointGauges[]
}

export interface EndpointGauges {
  readonly upstream: string
  /** Or the path of a Unix socket, which has no port. */
  readonly host: string
  readonly port: number | undefined
  readonly activeConnections: number
  readonly idleConnections: number
  /** Exchanges that wait for a connection. */
  readonly waiting: number
}

/** What a thread tells of itself. */
export interface ThreadReading {
  readonly heapBytes: number
  /** Memory that JavaScript objects hold outside the heap. */
  readonly externalBytes: number
  /** Shared buffers are counted by each thread that has them. */
  readonly arrayBufferBytes: number
  /** How late the event loop was, since the last reading. */
  readonly loopDelaySeconds: { readonly p50: number; readonly p99: number; readonly max: number }
}

export interface ProcessGauges {
  readonly cpuSeconds: number
  readonly residentBytes: number
  readonly startedEpochSeconds: number
  /** Undefined where the system does not tell. */
  readonly descriptors: number | undefined
  readonly descriptorsMax: number | undefined
}

export interface WorkerGauges {
  /** Those that serve. */
  readonly running: number
  /** Of those that ended unasked and had another in their place, by why they ended. */
  readonly restarts: Readonly<Record<'exit' | 'silent' | 'memory', number>>
}
