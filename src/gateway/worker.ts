// A worker thread: the data plane and nothing else. What it imports, every worker loads, so
// nothing of the control side may be among it.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { assert, stackOf, systemClock } from '../base.ts'
import { type CountsNews, watchThread } from '../telemetry.ts'
import { beat } from './heartbeat.ts'
import type { Answer, Asked, Order, Report, WorkerData } from './orders.ts'
import { type Engine, registryFor, startEngine } from '../engine.ts'

assert(parentPort !== null, 'a worker runs in a thread of its own')
const main = parentPort
const data = workerData as WorkerData

const tell = (report: Report, moved: readonly MessagePort[] = []): void =>
  main.postMessage(report, [...moved])

/** Puts in force what was linked last. */
let commit: () => void = () => {}

/** What is counted where, and not yet told. */
const unsaid: CountsNews[] = []
const announceDelayMs = 20

const watch = watchThread()

const started = await startEngine(data, {
  announce,
  shadowed: (news) => tell({ report: 'shadows', news }),
  bug: (error) => tell({ report: 'bug', text: stackOf(error) }),
  warn: (text) => tell({ report: 'warning', text }),
})
if ('problem' in started) {
  tell({ report: 'failed', problem: started.problem })
  main.close()
} else {
  beat(data.beat, systemClock)
  main.on('message', (asked: Asked) => take(started, asked))
  tell({ report: 'ready' })
}

/** Of a large contract thousands of operations may be called for the first time in a second. */
function announce(news: CountsNews): void {
  unsaid.push(news)
  if (unsaid.length === 1) systemClock.after(announceDelayMs, sayCounts)
}

function sayCounts(): void {
  if (unsaid.length > 0) tell({ report: 'counts', news: unsaid.splice(0) })
}

function take(engine: Engine, asked: Asked): void {
  if ('given' in asked) return engine.adopt(asked.given, asked.listener)
  const { id, ask } = asked
  obey(engine, ask).then(
    (answer) =>
      tell(
        { report: 'done', id, answer },
        answer.parked?.map(({ parked }) => parked),
      ),
    (error: unknown) => tell({ report: 'refused', id, text: String(error) }),
  )
}

async function obey(engine: Engine, ask: Order): Promise<Answer> {
  switch (ask.order) {
    case 'prepare':
      commit = engine.prepare(ask.bundle, ask.states, await registryFor(ask.bundle))
      return {}
    case 'commit':
      commit()
      commit = () => {}
      return {}
    case 'discard':
      commit = () => {}
      return {}
    case 'listen':
      await engine.listen(ask.at, ask.listener)
      return {}
    case 'prove':
      engine.prove(ask.material)
      return {}
    case 'release':
      return { parked: engine.release() }
    case 'gauges':
      // Before the answer: a scrape shows all that was counted until then.
      sayCounts()
      return { gauges: { thread: data.thread, watch: watch.read(), serving: engine.gauges() } }
    case 'recall':
      return { kept: engine.recall(ask.id) }
    case 'drain':
      engine.drain()
      return {}
    case 'close':
      // The main thread ends this one when it has the answer.
      await engine.close(ask.timeoutMs, ask.noticeMs)
      sayCounts()
      return {}
  }
}
