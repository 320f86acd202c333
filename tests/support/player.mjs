// Opens a page in a real browser, waits until the video on it has been played to its end, and prints what was seen.
// Usage: node player.mjs ADDRESS

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const [address] = process.argv.slice(2)
// As root, which tests may run as, Chromium has no sandbox; the page is ours.
const programs = process.env.PATH.split(delimiter).map((folder) => join(folder, 'chromium'))
const browser = await chromium.launch({ executablePath: programs.find(existsSync), args: ['--no-sandbox'] })
try {
  const page = await browser.newPage()
  const errors = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('requestfailed', (request) => errors.push(`${request.url()}: ${request.failure()?.errorText}`))
  await page.goto(address)
  const seen = await page.waitForFunction(() => window.seen, null, { timeout: 60_000 })
  console.log(JSON.stringify({ ...(await seen.jsonValue()), errors }))
} finally {
  await browser.close()
}
