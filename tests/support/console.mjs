// Customers, talents, an agency and staff walk through the marketplace.
// Usage: node console.mjs ADDRESS MAIL_FOLDER PICTURES FILM

import { statSync } from 'node:fs'
import { walk } from './browser.mjs'

const film = process.argv[5]

/** Their price, their shop window, and where money goes. */
async function offersVideos({ visit, fill, press, sees, page, picture }) {
  await visit('/talent')
  await page.check('main [name=available][type=checkbox]')
  await fill('price.amount_minor', '150,00')
  await press('Save')
  await sees('Saved.')
  await picture('talent-profile')
  await visit('/talent/bank')
  await sees('We cannot pay you yet')
  const details = { bank: '341', bank_name: 'Itau', branch: '0001', account_number: '12345', account_digit: '6', holder_name: 'Ana Lima', tax_document: '529.982.247-25' }
  for (const [name, value] of Object.entries(details)) await fill(name, value)
  await press('Save')
  await sees('Saved. We wrote to you about it.')
  for (const path of ['/inbox', '/talent/earnings', '/account']) await visit(path)
}

/** An agency with a manager, who has made an account by themselves, and a talent. */
async function makesAnAgency(staff, gil, mailed) {
  await gil.visit('/sign-up')
  await gil.fill('name', 'Gil Souza')
  await gil.fill('email', 'gil@acme.example')
  await gil.fill('password', 'parsnip orbit lantern')
  await gil.press('Make an account')
  await gil.page.goto(await mailed('gil@acme.example', 'confirm-account'))
  await gil.press('Confirm')
  await gil.sees('Welcome: your account is open.')
  await gil.signIn('gil@acme.example')
  await staff.visit('/admin/agencies')
  await staff.sees('There is no agency yet.')
  await staff.unfold('New agency')
  await staff.fill('name', 'Lume')
  await staff.press('Make it')
  await staff.sees('Made: now its managers and talents.')
  for (const [label, text, button] of [['Take in a talent: name or address', 'Ana', 'Take in'], ['Add a manager: name or address', 'Gil', 'Add']]) {
    await staff.page.getByLabel(label).fill(text)
    await staff.page.getByLabel(label).press('Enter')
    await staff.press(button)
    await staff.page.locator('tbody').getByText(text).first().waitFor()
  }
  await staff.unfold('Change the share')
  await staff.fill('share_bp', '1000')
  await staff.press('Change it')
  await staff.sees('The share is changed.')
  await staff.look()
}

/** From the search to an order, which is held by a card of the sandbox. */
async function orders({ visit, look, press, fill, choose, page, comesTo }, { to, card }, { quote, checkout } = {}) {
  await visit('/talents?q=ana')
  await page.locator('a.talent').first().click()
  await page.getByRole('button', { name: 'Order a video' }).waitFor()
  await look()
  await quote?.()
  await press('Order a video')
  await page.waitForURL(/checkout/)
  await look()
  await checkout?.()
  await fill('is_to', to)
  await fill('is_from', 'Caio')
  await fill('instruction', 'Sing for her.')
  await fill('email', 'caio@acme.example')
  if (card) await choose('payment_method', card)
  await press('Order for BRL 150.00')
  await page.waitForURL(/orders/)
  return new URL(page.url()).pathname
}

async function getsAVideo(customer, talent, elsewhere, mailed) {
  const pictures = { quote: () => customer.picture('talent'), checkout: () => customer.picture('checkout', { isForReadme: true }) }
  const order = await orders(customer, { to: 'Bia' }, pictures)
  await customer.sees('Waiting for the video')
  await customer.look()
  await customer.picture('order-open')
  await elsewhere.page.goto(await mailed('caio@acme.example', 'orders'))
  await elsewhere.sees('Waiting for the video')
  if (elsewhere.page.url().includes('#')) elsewhere.complain('keeps the key in its address')

  await talent.visit('/inbox')
  await talent.page.locator('main .countdown').first().waitFor()
  await talent.picture('inbox')
  await talent.page.locator('main a.talent').first().click()
  await talent.sees('What to say')
  await talent.look()
  await talent.picture('inbox-order')
  await talent.page.setInputFiles('main input[type=file]', film)
  await customer.page.locator('main video').waitFor({ timeout: 240_000 })
  await customer.look()
  await customer.page.evaluate(() => document.querySelector('video').play())
  await customer.page.waitForFunction(() => document.querySelector('video').currentTime > 0.5)
  await customer.page.evaluate(() => document.querySelector('video').pause())
  await customer.picture('order-delivered')
  await talent.page.reload()
  await talent.page.locator('main video').waitFor()
  await talent.look()
  return order
}

/** Keeps the video, and shows it to somebody who knows nothing of the order. */
async function keepsAndShares(customer, friend) {
  const [saved] = await Promise.all([customer.page.waitForEvent('download'), customer.page.getByRole('link', { name: 'Save it' }).click()])
  if (statSync(await saved.path()).size < 1_000) customer.complain('saves nothing')
  const shared = new URL(await customer.page.getByRole('link', { name: 'A link to share' }).getAttribute('href'), customer.page.url())
  await friend.page.goto(shared.href)
  await friend.page.locator('main video').waitFor()
  await friend.look()
}

/** The bank asks first; then the talent would rather not. */
async function isAskedAndDeclined(customer, talent) {
  await orders(customer, { to: 'Duda', card: 'sandbox_3ds' })
  await customer.sees('The bank of this sandbox card asks: is it you?')
  await customer.look()
  await customer.press('Yes')
  await customer.sees('Waiting for the video')
  await talent.visit('/inbox?status=open')
  await talent.page.locator('main a.talent').first().click()
  await talent.unfold('I cannot do this one')
  await talent.fill('reason', 'I am on tour.')
  await talent.press('Decline the order')
  await talent.sees('Declined. The customer gets the money back.')
  await customer.sees('I am on tour.')
  await customer.look()
}

/** One card is declined, another is good; and then the customer thinks better of it. Without a single script. */
async function ordersWithoutScripts(plain) {
  await orders(plain, { to: 'Eva', card: 'sandbox_decline' })
  const reloads = async (text) => {
    for (let left = 200; left && !(await plain.page.getByText(text).first().isVisible()); left--) {
      await plain.page.waitForLoadState('networkidle')
      await plain.page.getByRole('link', { name: 'Look again' }).click()
    }
    await plain.sees(text)
  }
  await reloads('Card declined')
  await plain.look()
  await plain.press('Pay')
  await reloads('Waiting for the video')
  await plain.unfold('Cancel the order')
  await plain.press('Cancel the order')
  await plain.sees('The order is cancelled.')
}

async function seesWhatTheyEarned(talent, gil) {
  await talent.visit('/talent/earnings')
  await talent.sees('BRL 112.50')
  await talent.page.locator('main tbody a').first().click()
  await talent.sees('Ana Lima')
  await talent.look()
  await gil.visit('/inbox')
  await gil.page.getByRole('link', { name: 'Lume' }).click()
  await gil.page.waitForURL(/agencies/)
  await gil.sees('Delivered')
  await gil.look()
  await gil.picture('agency')
  await gil.page.getByRole('table').last().getByRole('link').first().click()
  await gil.page.waitForURL(/earnings/)
  await gil.sees('Ana Lima')
  await gil.look()
}

async function onThePhone(phone) {
  for (const path of ['/', '/talents', '/sign-in']) {
    await phone.visit(path)
    await phone.picture(`phone-${path.slice(1) || 'home'}`)
  }
}

async function looksAfterIt(staff, order) {
  await staff.visit('/admin')
  await staff.picture('admin')
  await staff.visit(`/admin${order}`)
  await staff.sees('delivered')
  await staff.picture('admin-order')
}

await walk(process.argv.slice(2, 5), async ({ person, invited, mailed }) => {
  const talent = await invited('talent', 'ana@acme.example')
  await offersVideos(talent)
  const staff = await invited('staff', 'olga@acme.example')
  const gil = await person('gil')
  await makesAnAgency(staff, gil, mailed)
  const customer = await person('customer')
  for (const path of ['/', '/talents', '/forgot-password', '/become-a-talent']) await customer.visit(path)
  // Their key is sent by a script, and without it the page is refused.
  const order = await getsAVideo(customer, talent, await person('customer-elsewhere', { refused: /status of 401/ }), mailed)
  await keepsAndShares(customer, await person('friend'))
  await isAskedAndDeclined(await person('customer-asked'), talent)
  await ordersWithoutScripts(await person('customer-without-scripts', { javaScriptEnabled: false }))
  await seesWhatTheyEarned(talent, gil)
  await onThePhone(await person('phone', { viewport: { width: 390, height: 844 }, locale: 'pt-BR', colorScheme: 'dark' }))
  await looksAfterIt(staff, order)
})
