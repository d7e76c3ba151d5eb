// The page in a real browser, through the real gateway: two people who see each other's messages
// arrive, lose their connection and miss nothing. With CHAT_SCREENSHOTS=FOLDER it leaves pictures.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { createGateway, type Gateway } from 'concordat'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { makeCertificate } from '../../test/certificates.ts'
import { folderWith } from '../../test/folder.ts'
import { demo } from './demo.ts'
import { type Chat, createChat, httpServer } from './server.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)
const skip = executablePath === undefined && 'no Chromium (Debian: chromium) is here'
const pictures = process.env['CHAT_SCREENSHOTS']
const contract = join(import.meta.dirname, 'openapi.yaml')
const channel = `/v1/channels/${demo.channelId}`

const writing = (page: Page) => page.getByLabel('Message', { exact: true })
const state = (page: Page) => page.locator('#state[data-at="live"]')
const row = (page: Page, text: string) => page.locator('.content', { hasText: text })

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) })
}

async function say(page: Page, text: string): Promise<void> {
  await writing(page).fill(text)
  await writing(page).press('Enter')
}

async function chooseSocket(page: Page): Promise<void> {
  await page.getByLabel('WebSocket').check()
  await page.locator('#calls td', { hasText: 'websocket' }).waitFor({ state: 'attached' })
  await state(page).waitFor()
}

describe('the page', { skip }, () => {
  let browser: Browser | undefined
  let chat: Chat
  let http: Server
  let chatUrl = ''
  let gateway: Gateway | undefined
  let port = 0

  const serve = async (file = contract) => {
    gateway = await createGateway({ contract: file, to: chatUrl, port })
    port = (await gateway.listen()).port
  }
  const stop = () => gateway?.close({ timeoutMs: 0 })

  before(async () => {
    chat = createChat({ database: ':memory:' })
    http = httpServer(() => chat).listen(0, '127.0.0.1')
    await once(http, 'listening')
    chatUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
    await serve()
    const isRoot = process.getuid?.() === 0
    browser = await chromium.launch({ executablePath: executablePath!, chromiumSandbox: !isRoot })
  })
  after(async () => {
    await browser?.close()
    await stop()
    chat.close()
    http.close()
    http.closeAllConnections()
  })

  /** Opens the page as one of the three; whatever it complains of fails the test. */
  async function open(t: TestContext, name: string, options: BrowserContextOptions = {}) {
    const baseURL = `http://127.0.0.1:${port}`
    const context = await browser!.newContext({ colorScheme: 'light', baseURL, ...options })
    t.after(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    page.on('pageerror', (error) => assert.fail(error))
    await page.goto('/v1/app')
    const { origin } = new URL(page.url())
    page.on('request', (request) => assert.equal(new URL(request.url()).origin, origin))
    await page.getByRole('button', { name }).click()
    return page
  }

  /** Past the gateway, as another client. */
  async function post(content: string): Promise<void> {
    const headers = { authorization: `Bearer ${demo.ben.token}` }
    const body = JSON.stringify({ content, type: 'text' })
    const reply = await fetch(`${chatUrl}${channel}/messages`, { method: 'POST', headers, body })
    await reply.arrayBuffer()
  }

  test('a message typed in one tab arrives in the other, by events', async (t) => {
    const [ada, ben] = [await open(t, 'Ada'), await open(t, 'Ben', { colorScheme: 'dark' })]
    await Promise.all([state(ada).waitFor(), state(ben).waitFor()])
    await say(ada, 'Morning! Is the release still on for Thursday?')
    await row(ben, 'still on for Thursday?').waitFor()
    await say(ben, 'Yes. Two things are left: the notes and the certificate.')
    await row(ada, 'Two things are left').waitFor()
    await say(ben, 'I do the notes today.')
    await row(ada, 'I do the notes').waitFor()
    await say(ada, 'Then I take the certificate.\nIt renews by itself from now on.')
    await row(ben, 'Then I take').waitFor()
    assert.equal(await writing(ada).inputValue(), '')
    await ada.getByText('Requests').click()
    await ada.getByRole('cell', { name: 'http/1.1' }).first().waitFor()
    await ada.getByText('Requests').click()
    await picture(ada, 'light')
    await picture(ben, 'dark')
  })

  test('by a WebSocket, both ways; and what it sends arrives by events', async (t) => {
    const [ada, ben] = [await open(t, 'Ada'), await open(t, 'Ben')]
    await Promise.all([chooseSocket(ada), state(ben).waitFor()])
    await say(ada, 'sent by socket')
    await row(ben, 'sent by socket').waitFor()
    await row(ada, 'sent by socket').waitFor()
    assert.equal(await writing(ada).inputValue(), '')
    await say(ben, 'sent by post')
    await row(ada, 'sent by post').waitFor()
  })

  for (const way of ['events', 'socket'] as const) {
    test(`a gateway that goes and comes again: nothing is lost, by ${way}`, async (t) => {
      const ada = await open(t, 'Ada')
      await state(ada).waitFor()
      if (way === 'socket') await chooseSocket(ada)
      await stop()
      await ada.locator('#state[data-at="waiting"]').waitFor()
      await picture(ada, `waiting-${way}`)
      await post(`said meanwhile, ${way}`)
      await serve()
      await row(ada, `said meanwhile, ${way}`).waitFor()
      await ada.getByText('Connected again, from where it broke off').waitFor()
      await state(ada).waitFor()
      await say(ada, `and again, ${way}`)
      await row(ada, `and again, ${way}`).waitFor()
      assert.equal(await row(ada, `said meanwhile, ${way}`).count(), 1)
    })
  }

  test('a changed contract leaves an open stream as it is', async (t) => {
    const text = readFileSync(contract, 'utf8')
    const folder = folderWith(t, { 'openapi.yaml': text })
    const file = join(folder, 'openapi.yaml')
    await stop()
    await serve(file)
    const ada = await open(t, 'Ada')
    await state(ada).waitFor()
    writeFileSync(file, text.replace('maxLength: 4000', 'maxLength: 40'))
    assert.equal(await gateway?.reload(), 'applied')
    await post('heard by the old stream')
    await row(ada, 'heard by the old stream').waitFor()
    assert.equal(await ada.getByText('Connected again').count(), 0)
    await say(ada, 'x'.repeat(41))
    await ada.getByRole('alert').getByText('at most 40').waitFor()
  })

  test('over TLS the page, its events and its socket come by HTTP/2', async (t) => {
    const validTo = new Date(Date.now() + 60 * 86_400_000)
    const { cert, key } = makeCertificate({ names: ['localhost', '127.0.0.1'], validTo })
    const folder = folderWith(t, { 'cert.pem': cert, 'key.pem': key })
    const certificate = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    const secure = await createGateway({
      contract,
      to: chatUrl,
      config: {
        listen: { port: 0, tls: { certificates: [certificate] } },
        policies: { auth: 'upstream' },
      },
    })
    t.after(() => secure.close({ timeoutMs: 0 }))
    const { url } = await secure.listen()
    const ada = await open(t, 'Ada', { ignoreHTTPSErrors: true, baseURL: url })
    await state(ada).waitFor()
    await say(ada, 'hello by h2')
    await row(ada, 'hello by h2').waitFor()
    await chooseSocket(ada)
    await say(ada, 'hello by a socket in h2')
    await row(ada, 'hello by a socket in h2').waitFor()
    await ada.getByText('Requests').click()
    await picture(ada, 'h2')
    const protocols = await ada.locator('#calls td:nth-child(3)').allInnerTexts()
    assert.deepEqual([...new Set(protocols)].toSorted(), ['h2', 'websocket'])
  })

  test('an error is shown as it was said, and the text stays for another try', async (t) => {
    await stop()
    await serve()
    const ada = await open(t, 'Ada')
    await state(ada).waitFor()
    await say(ada, 'x'.repeat(4001))
    const alert = ada.getByRole('alert')
    await alert.getByText('400 INVALID_INPUT').waitFor()
    assert.match(await alert.innerText(), /at most 4000 characters\.\n+Request [0-9a-f]{32}\n/)
    assert.equal((await writing(ada).inputValue()).length, 4001)
    await ada.getByText('Requests').click()
    await picture(ada, 'error')
    await ada.keyboard.press('Escape')
    assert.equal(await alert.isVisible(), false)

    await chooseSocket(ada)
    await writing(ada).press('Enter')
    await alert.getByText('1008 CLOSED').waitFor()
    assert.match(await alert.innerText(), /\/content must have at most 4000 characters/)
    assert.equal((await writing(ada).inputValue()).length, 4001)
  })

  test('who is in no channel is told, may make one, and is refused a name that is taken', async (t) => {
    const cleo = await open(t, 'Cleo')
    await cleo.getByText('Make a channel to begin.').waitFor()
    await picture(cleo, 'no-channel')
    assert.equal(await cleo.getByRole('button', { name: 'Send' }).isVisible(), false)
    const name = cleo.getByLabel('Name of a new channel')
    await name.fill('general')
    await name.press('Enter')
    await cleo.getByRole('alert').getByText('409 CONFLICT').waitFor()
    await name.fill('release-3')
    await name.press('Enter')
    await cleo.getByRole('heading', { name: 'release-3' }).waitFor()
    await state(cleo).waitFor()
    await say(cleo, 'first')
    await row(cleo, 'first').waitFor()
  })

  test('what somebody writes is text, whatever it looks like', async (t) => {
    const [ada, ben] = [await open(t, 'Ada'), await open(t, 'Ben')]
    await Promise.all([state(ada).waitFor(), state(ben).waitFor()])
    const text = '<img src=x onerror="document.title = 1"><b>bold</b>'
    await say(ada, text)
    await row(ben, text).waitFor()
    assert.equal(await ben.locator('.content b, .content img').count(), 0)
  })

  test('the keyboard is enough', async (t) => {
    const context = await browser!.newContext()
    t.after(() => context.close())
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${port}/v1/app`)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await state(page).waitFor()
    // Who has chosen a channel writes at once.
    await page.keyboard.type('one line')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('and another')
    await page.keyboard.press('Enter')
    await row(page, 'one line\nand another').waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Shift+Tab')
    const opened = page.waitForEvent('websocket')
    await page.keyboard.press('ArrowRight')
    await opened
  })

  for (const width of [390, 1280]) {
    test(`nothing is wider than ${width} pixels, nor hidden behind an edge`, async (t) => {
      const size = { viewport: { width, height: 844 } }
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await open(t, 'Ben', { ...size, colorScheme })
        await state(page).waitFor()
        await page.locator('.message').first().waitFor()
        await picture(page, `${width}-${colorScheme}`)
        const widest = await page.evaluate('document.documentElement.scrollWidth')
        assert.equal(widest, width)
        for (const name of ['Send', 'Leave', 'Create the channel']) {
          const box = (await page.getByRole('button', { name }).boundingBox())!
          assert.ok(box.x >= 0 && box.x + box.width <= width, name)
        }
      }
    })
  }
})
