// A month is over: one of the staff freezes what is owed, another approves it, the bank pays, and everybody is told.
// Usage: node console_payouts.mjs ADDRESS MAIL_FOLDER PICTURES FOLDER

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { walk } from './browser.mjs'

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
  await rui.isRefused(422, () => rui.press('Approve the payout'))
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

/** What is only interesting once there is something in it; and all that, in a hand and in the dark. */
async function readsTheBooks(olga, phone) {
  const below = ['/admin/payments', '/admin/people', '/admin/talents', '/admin/videos', '/admin/books/transactions', '/admin/mails']
  for (const path of below) {
    await olga.visit(path)
    await olga.page.locator('main tbody a').first().click()
    await olga.page.waitForURL((url) => url.pathname !== path)
    await olga.look()
  }
  await olga.visit('/admin')
  const entries = await olga.page.locator('nav.sidebar a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
  for (const path of entries) await phone.visit(path)
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
  await readsTheBooks(olga, await person('olga-phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', storageState: await olga.cookies() }))
  await leadsNowhere(olga)
})
