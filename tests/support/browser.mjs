// A browser as people use it, for walks through the console, and what it had to complain of.
//
// Each page that is looked at must be fine by axe-core (WCAG 2.2 AA), have nothing in the console, ask nothing of another
// origin, be no wider than the screen, and small. Some are held against how they looked when a person last looked at
// them, `tests/support/console/*.png`; `INSTA_UPDATE=always` makes those anew, as it does snapshots.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import pixelmatch from 'pixelmatch'
import { chromium } from 'playwright-core'
import { PNG } from 'pngjs'

/** What may be transferred for a page, without what people sent us. */
const PAGE_BYTES = 150_000
/** How much of a picture may differ: fonts are not drawn alike everywhere. */
const MAY_DIFFER = 0.02
/** How long anything may take that nothing stands in the way of, on a machine that is busy with other tests. */
export const SOON = 240_000
const KNOWN = 'tests/support/console'
const SHOWN = 'docs/images'
/** For ffmpeg: small enough to be read in a README, with as many colours as a page has. */
const SMALL = 'scale=960:-1:flags=lanczos,split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none'
const PASSWORD = 'parsnip orbit lantern'
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const update = process.env.INSTA_UPDATE === 'always'
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')

/** Asks again and again until there is something, and returns it. */
export async function eventually(what, probe) {
  for (const end = Date.now() + SOON; Date.now() < end; await new Promise((wake) => setTimeout(wake, 100))) {
    const found = await probe()
    if (found) return found
  }
  throw new Error(`${what}: not within ${SOON / 1_000} s`)
}

/**
 * Lets `everybody` walk through the console at `address`, whose mails lie in the folder `mails`; pictures go to another
 * folder. Prints `{ visited, faults }`.
 */
export async function walk([address, mails, pictures], everybody) {
  // As root, which tests may run as, Chromium has no sandbox; the pages are ours.
  const programs = process.env.PATH.split(delimiter).map((folder) => join(folder, 'chromium'))
  const browser = await chromium.launch({ executablePath: programs.find(existsSync), args: ['--no-sandbox'] })
  const seen = { address, mails, pictures, browser, faults: [], visited: new Set() }
  try {
    await everybody({
      person: (who, options) => person(seen, who, options),
      invited: (who, email, options) => invited(seen, who, email, options),
      mailed: (email, name) => mailed(seen, email, name),
    })
  } catch (error) {
    seen.faults.push(error.stack)
  }
  await browser.close()
  console.log(JSON.stringify({ visited: [...seen.visited], faults: seen.faults }))
}

/** A browser of their own, whose every complaint counts, but of what they know to be `refused`. */
async function person({ address, pictures, browser, faults, visited }, who, { refused, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(SOON)
  const complain = (what) => refused?.test(what) || faults.push(`${who} at ${page.url()}: ${what}`)
  page.on('console', (message) => message.type() === 'error' && complain(message.text()))
  page.on('pageerror', (error) => complain(String(error)))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(address) && !/^(data|blob):/.test(url)) complain(`asks ${url}`)
  })
  const transferred = await traffic(context, page)

  /** Looks at where the browser is now. */
  async function look() {
    await page.waitForLoadState('load')
    visited.add(new URL(page.url()).pathname)
    if (await page.locator('h1').count() !== 1) complain('has not one h1')
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    if (wide > 0) complain(`is ${wide} pixels too wide`)
    // Nothing runs there, not even for axe; the page is the same with scripts.
    if (options.javaScriptEnabled === false) return
    await page.evaluate(axe)
    const { violations } = await page.evaluate((values) => window.axe.run({ runOnly: { type: 'tag', values } }), RULES)
    for (const { id, help, nodes } of violations) complain(`${id}, ${help}: ${nodes.map((node) => node.html).join(' | ')}`)
  }

  /** Holds what is seen against what was seen before, without what is never the same. Some are for the README, too. */
  async function picture(name, { isForReadme = false } = {}) {
    await page.evaluate(holdTime)
    const mask = ['video', '.chart'].map((selector) => page.locator(selector))
    const path = join(pictures, `${name}.png`)
    const now = await page.screenshot({ path, mask, maskColor: '#d9d2c5', animations: 'disabled', caret: 'hide' })
    const known = join(KNOWN, `${name}.png`)
    if (update) {
      writeFileSync(known, now)
      if (isForReadme) execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', known, '-vf', SMALL, join(SHOWN, `${name}.png`)])
      return
    }
    const [before, after] = [PNG.sync.read(readFileSync(known)), PNG.sync.read(now)]
    const { width, height } = before
    if (after.width !== width || after.height !== height) return complain(`${name} has another size`)
    const differ = pixelmatch(before.data, after.data, undefined, width, height, { threshold: 0.2 })
    if (differ > MAY_DIFFER * width * height) complain(`${differ} pixels of ${known} differ: see ${pictures}`)
  }

  async function visit(path) {
    transferred.bytes = 0
    await page.goto(address + path)
    await look()
    if (transferred.bytes > PAGE_BYTES) complain(`is ${transferred.bytes} bytes`)
  }

  async function press(name) {
    await page.getByRole('button', { name, exact: true }).click()
    await page.waitForLoadState('networkidle')
  }

  return {
    page, visit, look, picture, press, complain,
    /** Opens what asks once more before it does something, or hides what is seldom wanted. */
    unfold: (name) => page.locator('summary').filter({ hasText: name }).first().click(),
    fill: (name, value) => page.locator(`main [name="${name}"]:visible`).fill(value),
    choose: (name, value) => page.locator(`main select[name="${name}"]:visible`).selectOption(value),
    sees: (text) => page.getByText(text).first().waitFor(),
    comesTo: (path) => page.waitForURL((url) => url.pathname === path),
    /** What is done is refused with this status, and the browser's console may say so. */
    isRefused: async (status, done) => {
      refused = new RegExp(`status of ${status}`)
      await done()
      await look()
      refused = undefined
    },
    signIn: async (email) => {
      await visit('/sign-in')
      await page.fill('main [name=email]', email)
      await page.fill('main [name=password]', PASSWORD)
      await press('Sign in')
      await page.waitForURL((url) => url.pathname !== '/sign-in')
    },
    /** Who is signed in here, for another browser of theirs. */
    cookies: () => context.storageState(),
  }
}

/** In the page: every moment, day and month is the same one, as wide as it is whenever somebody looks. */
function holdTime() {
  for (const time of document.querySelectorAll('time')) time.textContent = 'Jan 1, 2026, 12:00 PM'
  for (const left of document.querySelectorAll('.countdown')) left.textContent = 'in 5 days'
  const months = 'January|February|March|April|May|June|July|August|September|October|November|December'
  const dates = [[new RegExp(`\\b(${months}) \\d{4}\\b`), 'January 2026'], [/\b\d{1,2} [A-Z][a-z]{2} \d{4}\b/, '01 Jan 2026'], [/\b\d{4}-\d{2}\b/, '2026-01']]
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    for (const [date, held] of dates) if (date.test(texts.currentNode.data)) texts.currentNode.data = texts.currentNode.data.replace(date, held)
  }
}

/** Counts what comes for pages; what people sent us, and the answers of the API, are not meant. */
async function traffic(context, page) {
  const transferred = { bytes: 0 }
  const network = await context.newCDPSession(page)
  await network.send('Network.enable')
  const ours = new Set()
  network.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.url.includes('/v1/')) ours.add(requestId)
  })
  network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (ours.has(requestId)) transferred.bytes += encodedDataLength
  })
  return transferred
}

/** The link in the last mail to somebody that leads to a page of that name. */
function mailed({ address, mails }, email, name) {
  const link = new RegExp(`${address}/${name}\\S*`)
  return eventually(`a mail to ${email} with a link to ${name}`, () => {
    const texts = readdirSync(mails).sort().reverse().map((file) => readFileSync(join(mails, file), 'utf8'))
    const theirs = texts.filter((text) => text.includes(`<${email}>`) || text.includes(`To: ${email}`))
    // Lines are folded by quoted-printable.
    return theirs.map((text) => text.replace(/=\r?\n/g, '').replace(/=3D/g, '=').match(link)?.[0]).find(Boolean)
  })
}

/** Whoever was invited chooses a password, and signs in. */
async function invited(seen, who, email, options) {
  const them = await person(seen, who, options)
  await them.page.goto(await mailed(seen, email, 'choose-password'))
  await them.look()
  await them.page.fill('main [name=password]', PASSWORD)
  await them.press('Set it')
  await them.signIn(email)
  return them
}
