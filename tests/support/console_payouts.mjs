// A month is over: one of the staff freezes what is owed, another approves it, the bank pays, and everybody is told.
// Usage: node console_payouts.mjs ADDRESS MAIL_FOLDER PICTURES FOLDER

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, walk } from './browser.mjs'

const folder = process.argv[5]

async function freezesTheMonth(olga) {
  await olga.visit('/admin/payouts')
  await olga.sees('Nothing was paid out yet')
  await olga.page.getByRole('link', { name: 'Pay out a month' }).click()
  await olga.comesTo('/admin/payout-preview')
  await olga.sees('is paid')
  await olga.look()
  await olga.unfold('Freeze it')
  await olga.page.getByRole('button', { name: /^Freeze \d{4}-\d{2}$/ }).click()
  await olga.sees('You froze it: another person looks at it and approves it.')
  await olga.look()
  return new URL(olga.page.url()).pathname
}

/** Who must type what it comes to. */
async function approves(rui, payout) {
  await rui.visit(payout)
  await rui.unfold('Approve')
  await rui.fill('total.amount_minor', '1,00')
  await rui.isRefused(409, () => rui.press('Approve the payout'))
  await rui.visit(payout)
  await rui.unfold('Approve')
  await rui.fill('total.amount_minor', '112,50')
  await rui.press('Approve the payout')
  await rui.sees('Approved: now give the file to the bank.')
  await rui.look()
  await rui.picture('payout')
}

/** The file goes out, comes back filled in, and is settled once somebody has seen what that means. */
async function isPaid(olga, payout) {
  await olga.visit(payout)
  const [saved] = await Promise.all([olga.page.waitForEvent('download'), olga.page.getByRole('link', { name: 'full', exact: true }).click()])
  const [head, ...lines] = readFileSync(await saved.path(), 'utf8').split('\n').filter(Boolean)
  const paid = head.trim().split(',').indexOf('Paid?')
  const filled = lines.map((line) => line.split(',').with(paid, 'yes').join(','))
  const file = join(folder, 'results.csv')
  writeFileSync(file, [head, ...filled].join('\n'))
  await olga.page.setInputFiles('#file', file)
  await olga.press('Look at it')
  await olga.sees('Would be settled: 1 paid, 0 rejected')
  await olga.look()
  await olga.press('Settle these lines')
  await olga.page.getByRole('link', { name: 'Show the lines as they are now' }).click()
  await olga.page.locator('h1 + .badge', { hasText: 'settled' }).waitFor()
  await olga.look()
}

/** A month on which everything agrees is closed for ever. */
async function closesTheMonth({ visit, page, press, unfold, sees, look }) {
  await visit('/admin/payouts')
  const month = await page.locator('main tbody a').first().textContent()
  await visit(`/admin/books/closed?month=${month}`)
  await page.getByRole('button', { name: /^Look whether/ }).click()
  await sees('Everything agrees: it can be closed.')
  await look()
  await visit(`/admin/books/closed?month=${month}`)
  await unfold(`Close ${month}`)
  await page.getByRole('button', { name: /^Close the books of/ }).click()
  await sees('The books of this month are closed.')
  await look()
  await visit('/admin/books/closed')
  await page.locator('main tbody tr').first().waitFor()
}

/** Some of the money, and then the video as well. */
async function givesBackAndTakesDown({ visit, page, press, unfold, fill, sees, look, picture }) {
  await visit('/admin/orders?status=delivered')
  await page.locator('main tbody a').first().click()
  await page.getByText('Everything that happened').waitFor()
  await unfold('Give money back')
  await fill('amount.amount_minor', '50,00')
  await fill('reason', 'half of it was noise')
  await press('Give it back')
  await sees('The gateway was asked to give it back.')
  await unfold('Take down')
  await fill('reason', 'somebody else is in it')
  await press('Take it down')
  await sees('Taken down.')
  await eventually('the refund is on the timeline', async () => {
    await page.reload()
    return page.locator('.timeline .badge', { hasText: 'succeeded' }).first().isVisible()
  })
  await look()
  await picture('order-refunded', { isForReadme: true })
  await visit('/admin/videos?taken_down=true')
  await press('Put back')
  await sees('Put back: who could see it before can again.')
}

/** One page of each kind that the sidebar, and what is in pages, lead to; what it is about is left out of its kind. */
async function opensEverything({ visit, page }, seen = new Map()) {
  const known = (path) => path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}').replace(/\d{4}-\d{2}$/, '{month}')
  const left = ['/admin']
  while (left.length) {
    await visit(left.shift())
    for (const path of await page.locator('nav.sidebar a, main a[href^="/admin"]').evaluateAll((links) => links.map((link) => new URL(link.href).pathname))) {
      if (seen.has(known(path))) continue
      seen.set(known(path), path)
      left.push(path)
    }
  }
  return seen
}

/** What cannot be missing where something was sold and paid out. */
const KINDS = ['agencies/{id}', 'agencies/{id}/statements/{month}', 'books/balances/{id}', 'books/transactions/{id}', 'jobs', 'mails/{id}', 'orders/{id}', 'payments/{id}', 'payouts/{id}', 'people/{id}', 'settings', 'staff/{id}', 'talents/{id}', 'talents/{id}/statements/{month}']

/** Every page there is with something in it; and what has most of it in a hand, and in the dark. */
async function readsEverything(olga, phone) {
  const seen = await opensEverything(olga)
  for (const kind of KINDS.map((kind) => `/admin/${kind}`)) {
    if (seen.has(kind)) await phone.visit(seen.get(kind))
    else olga.complain(`is not led to ${kind}`)
  }
}

async function leadsNowhere(olga) {
  await olga.isRefused(404, () => olga.page.goto(`${process.argv[2]}/admin/orders/01900000-0000-7000-8000-000000000000`))
  await olga.sees('There is nothing here')
}

async function readsOfIt(ana) {
  await ana.signIn('ana@acme.example')
  await ana.visit('/talent/earnings')
  await ana.page.locator('main tbody a').first().click()
  await ana.sees('Payout')
  await ana.look()
  await ana.picture('statement')
}

await walk(process.argv.slice(2, 5), async ({ person, invited }) => {
  const olga = await person('olga')
  await olga.signIn('olga@acme.example')
  const payout = await freezesTheMonth(olga)
  const rui = await invited('rui', 'rui@acme.example')
  await approves(rui, payout)
  await isPaid(olga, payout)
  await readsOfIt(await person('ana'))
  await closesTheMonth(olga)
  await givesBackAndTakesDown(olga)
  await readsEverything(olga, await person('olga-phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', storageState: await olga.cookies() }))
  await leadsNowhere(olga)
})
