// Walks through the console in a real browser as its four audiences do, and prints what it had to complain of.
// Usage: node console.mjs ADDRESS MAIL_FOLDER FILM PICTURES
//
// Each page that is visited must be fine by axe-core (WCAG 2.2 AA), have nothing in the console, ask nothing of another
// origin and be small. Talents and staff come by the links in their mails. Some are held against how they looked when a
// person last looked at them, `tests/support/console/*.png`; `INSTA_UPDATE=always` makes those anew, as it does snapshots.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import pixelmatch from 'pixelmatch'
import { chromium } from 'playwright-core'
import { PNG } from 'pngjs'

/** What may be transferred for a page, without what people sent us. */
const PAGE_BYTES = 150_000
/** How much of a picture may differ: fonts are not drawn alike everywhere. */
const MAY_DIFFER = 0.02
const KNOWN = 'tests/support/console'
const PASSWORD = 'parsnip orbit lantern'
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const [address, mails, film, pictures] = process.argv.slice(2)
const update = process.env.INSTA_UPDATE === 'always'
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')
const faults = []
const visited = new Set()

// As root, which tests may run as, Chromium has no sandbox; the pages are ours.
const programs = process.env.PATH.split(delimiter).map((folder) => join(folder, 'chromium'))
const browser = await chromium.launch({ executablePath: programs.find(existsSync), args: ['--no-sandbox'] })

/** A browser of its own, whose every complaint counts, but of what is to be `refused`. */
async function person(who, { refused, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const complain = (what) => refused?.test(what) || faults.push(`${who} at ${page.url()}: ${what}`)
  page.on('console', (message) => message.type() === 'error' && complain(message.text()))
  page.on('pageerror', (error) => complain(String(error)))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(address) && !/^(data|blob):/.test(url)) complain(`asks ${url}`)
  })
  let bytes = 0
  const network = await context.newCDPSession(page)
  await network.send('Network.enable')
  const ours = new Set()
  network.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.url.includes('/v1/')) ours.add(requestId)
  })
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (ours.has(requestId)) bytes += encodedDataLength
  })

  /** Looks at where the browser is now. */
  async function look() {
    await page.waitForLoadState('networkidle')
    const path = new URL(page.url()).pathname
    visited.add(path)
    if (await page.locator('h1').count() !== 1) complain('has not one h1')
    await page.evaluate(axe)
    const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: 'tag', values } }), RULES)
    for (const { id, help, nodes } of violations) complain(`${id}, ${help}: ${nodes.map((node) => node.html).join(' | ')}`)
  }

  /** Holds what is seen against what was seen before, without what is never the same. */
  async function picture(name) {
    const mask = ['time', 'video', '[data-mask]'].map((selector) => page.locator(selector))
    const now = await page.screenshot({ path: join(pictures, `${name}.png`), mask, maskColor: '#d9d2c5', animations: 'disabled', caret: 'hide' })
    const known = join(KNOWN, `${name}.png`)
    if (update) return writeFileSync(known, now)
    const [before, after] = [PNG.sync.read(readFileSync(known)), PNG.sync.read(now)]
    const { width, height } = before
    if (after.width !== width || after.height !== height) return complain(`${name} has another size`)
    const differ = pixelmatch(before.data, after.data, undefined, width, height, { threshold: 0.2 })
    if (differ > MAY_DIFFER * width * height) complain(`${differ} pixels of ${known} differ: see ${pictures}`)
  }

  async function visit(path) {
    bytes = 0
    await page.goto(address + path)
    await look()
    if (bytes > PAGE_BYTES) complain(`is ${bytes} bytes`)
  }

  async function press(name) {
    await page.getByRole('button', { name, exact: true }).click()
    await page.waitForLoadState('networkidle')
  }

  async function signIn(email) {
    await visit('/sign-in')
    await page.fill('main [name=email]', email)
    await page.fill('main [name=password]', PASSWORD)
    await press('Sign in')
  }

  return { page, visit, look, picture, press, signIn, complain }
}

/** The link in the last mail to somebody that leads to a page of that name. */
async function mailed(email, name) {
  const link = new RegExp(`${address}/${name}\\S*`)
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((wake) => setTimeout(wake, 100))) {
    const texts = readdirSync(mails).sort().reverse().map((file) => readFileSync(join(mails, file), 'utf8'))
    // Lines are folded by quoted-printable.
    const texts_of = texts.filter((text) => text.includes(`<${email}>`) || text.includes(`To: ${email}`))
    const found = texts_of.map((text) => text.replace(/=\r?\n/g, '').replace(/=3D/g, '=').match(link)?.[0]).find(Boolean)
    if (found) return found
  }
  throw new Error(`no mail to ${email} with a link to ${name}`)
}

/** Whoever was invited chooses a password, and signs in. */
async function invited(who, email) {
  const them = await person(who)
  await them.page.goto(await mailed(email, 'choose-password'))
  await them.look()
  await them.page.fill('main [name=password]', PASSWORD)
  await them.press('Set it')
  await them.signIn(email)
  return them
}

async function everybody() {
  const talent = await invited('talent', 'ana@acme.example')
  await talent.visit('/talent')
  await talent.page.check('main [name=available][type=checkbox]')
  await talent.page.fill('main [name="price.amount_minor"]', '150,00')
  await talent.press('Save')
  await talent.page.getByText('Saved.').waitFor()
  await talent.picture('talent-profile')
  for (const path of ['/inbox', '/talent/earnings', '/talent/bank', '/account']) await talent.visit(path)

  const customer = await person('customer')
  for (const path of ['/', '/talents', '/sign-up', '/forgot-password', '/become-a-talent']) await customer.visit(path)
  await customer.visit('/talents?q=ana')
  await customer.page.locator('a.talent').first().click()
  await customer.look()
  await customer.picture('talent')
  await customer.press('Order a video')
  await customer.look()
  await customer.picture('checkout')
  await customer.page.fill('main [name=is_to]', 'Bia')
  await customer.page.fill('main [name=is_from]', 'Caio')
  await customer.page.fill('main [name=instruction]', 'Sing for her.')
  await customer.page.fill('main [name=email]', 'caio@acme.example')
  await customer.press('Order for BRL 150.00')
  await customer.page.getByText('Waiting for the video').waitFor()
  await customer.look()
  await customer.picture('order-open')
  const order = new URL(customer.page.url()).pathname

  const elsewhere = await person('customer-elsewhere', { refused: /status of 401/ })
  await elsewhere.page.goto(await mailed('caio@acme.example', 'orders'))
  await elsewhere.page.getByText('Waiting for the video').waitFor()
  if (elsewhere.page.url().includes('#')) elsewhere.complain('keeps the key in its address')

  await talent.visit('/inbox')
  await talent.picture('inbox')
  await talent.page.locator('main a.talent').first().click()
  await talent.look()
  await talent.picture('inbox-order')
  await talent.page.setInputFiles('main input[type=file]', film)
  await customer.page.locator('main video').waitFor({ timeout: 180_000 })
  await customer.look()
  await customer.page.evaluate(() => document.querySelector('video').play())
  await customer.page.waitForFunction(() => document.querySelector('video').currentTime > 0.5)
  await customer.page.evaluate(() => document.querySelector('video').pause())
  await customer.picture('order-delivered')
  await talent.visit('/talent/earnings')
  await talent.page.getByText('BRL 112.50').first().waitFor()

  const phone = await person('phone', { viewport: { width: 390, height: 844 }, locale: 'pt-BR', colorScheme: 'dark' })
  for (const path of ['/', '/talents', '/sign-in']) {
    await phone.visit(path)
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) phone.complain(`is ${wide} pixels too wide`)
    await phone.picture(`phone-${path.slice(1) || 'home'}`)
  }

  const staff = await invited('staff', 'olga@acme.example')
  await staff.visit('/admin')
  const entries = await staff.page.locator('nav.sidebar a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
  for (const path of entries) await staff.visit(path)
  await staff.visit('/admin')
  await staff.picture('admin')
  await staff.visit(`/admin${order}`)
  await staff.page.getByText('delivered').first().waitFor()
  await staff.picture('admin-order')
}

try {
  await everybody()
} catch (error) {
  faults.push(String(error))
}
await browser.close()
console.log(JSON.stringify({ visited: [...visited], faults }))
