// The browser that most people have, which takes HTTP/3 from nobody who does not speak it well.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, test } from 'node:test'
import type { Stream } from '../../../src/http.ts'
import { echo, materialFor, served } from './served.ts'

type Playwright = typeof import('../../../node_modules/playwright-core/index.js')

const executablePath = '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : 'Chromium is not installed'
const pagesWanted = 12
const uploadBytes = 8_000_000

/** A browser that takes no other protocol for a port, and the certificate of the tests. */
async function browser(port: number) {
  const { chromium } = createRequire(import.meta.url)('playwright-core') as Playwright
  const { publicKey } = new X509Certificate(materialFor([['localhost']]).certificates[0]!.cert)
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const pin = createHash('sha256').update(key).digest('base64')
  const args = [
    '--no-sandbox',
    `--origin-to-force-quic-on=localhost:${port}`,
    `--ignore-certificate-errors-spki-list=${pin}`,
    '--host-resolver-rules=MAP localhost 127.0.0.1',
  ]
  const one = await chromium.launch({ executablePath, args })
  after(() => one.close())
  return one
}

test('Chromium takes every page over HTTP/3', { skip }, async () => {
  const { port, bugs } = await served()
  for (let i = 0; i < pagesWanted; i++) {
    const one = await browser(port)
    const page = await one.newPage()
    await page.goto(`https://localhost:${port}/${i}`)
    const protocol = await page.evaluate(
      `performance.getEntriesByType('navigation')[0].nextHopProtocol`,
    )
    assert.deepEqual([protocol, await page.textContent('body')], ['h3', `GET /${i} 127.0.0.1`])
    await one.close()
  }
  assert.deepEqual(bugs, [])
})

test('an upload that is taken slowly is held back, and arrives whole', { skip }, async () => {
  let taken = 0
  const slowly = (stream: Stream) => {
    if (stream.head.method !== 'POST') return echo(stream)
    let resume = setTimeout(() => stream.readBody(), 2_000)
    stream.attach({
      requestPiece(piece) {
        taken += piece.length
        if (taken % 16 !== 0) return
        stream.pauseBody()
        clearTimeout(resume)
        resume = setTimeout(() => stream.readBody(), 1)
      },
      requestEnded() {
        stream.sendHead('200 OK', '', 'streamed')
        stream.sendPiece(String(taken))
        stream.sendEnd([])
      },
      requestBroken() {},
      clientWritable() {},
      clientGone() {},
    })
  }
  const { port, holds } = await served({ serve: slowly })
  const page = await (await browser(port)).newPage()
  await page.goto(`https://localhost:${port}/`)
  const said = await page.evaluate(
    `fetch('/', { method: 'POST', body: new Uint8Array(${uploadBytes}) }).then((reply) => reply.text())`,
  )
  assert.equal(said, String(uploadBytes))
  assert.deepEqual([holds.includes(true), holds.at(-1)], [true, false])
})
