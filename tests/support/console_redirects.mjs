// Two of the staff take a brand from nothing to its visitors, and wherever rules can go from there.
// Usage: node console_redirects.mjs ADDRESS MAIL_FOLDER PICTURES EDGE

import { eventually, walk } from './browser.mjs'

const edge = process.argv[5]
const BRAND = '/admin/brands/acme'
const QUOTES = 'https://quotes.acme.example'
const MOST = 'AL|AZ|AR|CA|CO|CT|DE|DC|FL|GA|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MO|NE|NV|NH|NJ|NM|NC|OH|OK|OR|PA|RI|SC|TN|TX|UT|VT|VA|WA|WI'
const SHEET = [
  ['kind', 'rule', 'priority', 'product', 'media', 'state', 'zip', 'split', 'variant', 'weight', 'url', 'vars', 'note'],
  ['route', 1, '', 'auto', '', MOST, '', '', '', '', `${QUOTES}/auto?zip={zip}`, '', 'wherever we have partners'],
  ['route', 2, '', 'auto', '', 'NY', '', 'sticky', 'old', 3, `${QUOTES}/ny?zip={zip}`, '', ''],
  ['route', 2, '', 'auto', '', 'NY', '', 'sticky', 'new', 1, `${QUOTES}/ny/v2?zip={zip}`, '', ''],
  ['route', 3, 5, 'auto', 'google', 'CA', '', '', '', '', `${QUOTES}/google?zip={zip}`, '', ''],
  ['route', 4, '', 'auto', 'google', 'CA', '', '', '', '', `${QUOTES}/california`, '', 'never decides'],
  ['route', 5, '', 'auto', '', '', '96813|590*|591*', '', '', '', `${QUOTES}/local?city={city}`, '', 'Honolulu and Billings'],
  ['route', 6, '', 'home', '', 'NY|NJ|CT|PA', '', '', '', '', `${QUOTES}/home`, '', ''],
  ['attribute', 7, '', '', '', '', '', '', '', '', '', 'phone=800-555-0100', ''],
]
const VISITORS = ['10001', '10001', '11201', '60601', '60601', '77002', '33101', '90210', '98101', '96813', '83001', '02108']
/** As it is copied from a spreadsheet. */
const sheet = (rows) => rows.map((row) => row.join('\t')).join('\n')
/** Where real people would come from: a program's visits count as a bot's. */
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** What a visitor is answered, who follows no redirect. */
async function visitor(zip, product = 'auto', vid = '1') {
  const media = zip === '90210' ? 'google' : ''
  const answer = await fetch(`${edge}/go/acme/${product}?zip=${zip}&media=${media}&vid=${vid}`, { redirect: 'manual', headers: { 'user-agent': FIREFOX } })
  return { revision: Number(answer.headers.get('x-marquee-revision')), location: answer.headers.get('location') ?? '' }
}

function visitorsGet(what, isRight, zip = '60601') {
  return eventually(`visitors get ${what}`, async () => isRight(await visitor(zip)))
}

const revision = (number) => visitorsGet(`revision ${number}`, (answer) => answer.revision === number)

/** So many of each, whom sticky splits tell apart. */
async function visitorsCome(times) {
  for (let round = 0; round < times; round++) {
    await Promise.all(VISITORS.map((zip, n) => visitor(zip, n % 4 ? 'auto' : 'home', `${round}-${n}`)))
  }
}

/** Until all who came are counted. */
async function hitsAreCounted({ page, visit }, least) {
  await eventually('the hits are counted', async () => {
    const hits = await page.evaluate(() => fetch('/api/v1/hits?brand=acme').then((answer) => answer.json()))
    return hits.hits >= least
  })
  await visit(BRAND)
}

async function makesABrand({ visit, look, sees, unfold, fill, press, comesTo, page }) {
  await visit('/admin/brands')
  await sees('There is no brand yet')
  await unfold('New brand')
  await fill('code', 'acme')
  await fill('name', 'Acme Insurance')
  await press('Make the brand')
  await comesTo(`${BRAND}/settings`)
  for (const [code, name] of [['auto', 'Car insurance'], ['home', 'Home insurance']]) {
    await page.fill('#new-product', code)
    await press('Next')
    await fill('name', name)
    await press('Add it')
    await sees(`${code} is in the draft.`)
  }
  await look()
}

async function saysWhereVisitorsMayGo({ isRefused, fill, press, sees, page }) {
  await fill('languages', 'en\nes')
  await fill('default_language', 'en')
  await fill('destinations', 'quotes acme')
  await fill('fallback_url', `${QUOTES}/start`)
  await isRefused(422, async () => {
    await press('Save in the draft')
    await page.locator('#settings .notice.bad').waitFor()
  })
  await fill('destinations', 'quotes.acme.example')
  await press('Save in the draft')
  await sees('version 4')
}

async function writesARule({ visit, look, sees, fill, press, comesTo, page }) {
  await visit(`${BRAND}/rules`)
  await sees('There are no rules yet')
  await page.getByRole('link', { name: 'New rule' }).click()
  await comesTo(`${BRAND}/new-rule`)
  await page.getByLabel('auto', { exact: true }).check()
  await fill('target.variants.0.url', `${QUOTES}/auto`)
  await look()
  await press('Put it in the draft')
  await comesTo(`${BRAND}/rules`)
  await sees('The rule is in the draft.')
}

/** Where it stands, by the keyboard alone. */
async function editsItInTheTable({ look, sees, page }) {
  await page.getByRole('button', { name: 'Edit priority of rule 1' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('form.quick input').fill('7')
  await page.keyboard.press('Enter')
  await page.locator('tr[data-rule="1"] [data-edit=priority]', { hasText: '7' }).waitFor()
  await page.getByRole('button', { name: 'Edit url of rule 1' }).click()
  await page.locator('form.quick input').fill('https://elsewhere.example/')
  await page.keyboard.press('Enter')
  await sees('this keeps it from being published')
  await look()
  await page.getByRole('button', { name: 'Disable 1' }).click()
  await page.locator('tr[data-rule="1"].off').waitFor()
}

async function pastesASheet({ visit, look, sees, fill, press, comesTo, page, picture }) {
  await visit(`${BRAND}/paste`)
  await fill('text', sheet(SHEET.map((row) => row.map((cell) => (cell === 'CA' ? 'ZZ' : cell)))))
  await press('Try it: changes nothing')
  await sees('Nothing can be taken.')
  await look()
  await fill('text', sheet(SHEET))
  await press('Try it: changes nothing')
  await sees('7 rules: 6 would be added, 1 changed')
  await look()
  await press("Replace the draft's rules: 6 added, 1 changed, 0 removed")
  await comesTo(`${BRAND}/rules`)
  await look()
  await sees('7 rules; last edited by you')
  await picture('rules')
}

async function changesManyAtOnce({ visit, look, sees, choose, fill, press, page }) {
  await visit(`${BRAND}/rules?state=CA&media=google`)
  await choose('do', 'add_priority')
  await fill('by', '2')
  await press('Try it: changes nothing')
  await sees('2 rules fit; 2 of them would be otherwise.')
  await look()
  await press('Change 2 rules of the draft')
  await page.locator('tr[data-rule="3"] [data-edit=priority]', { hasText: '7' }).waitFor()
}

async function looksWhetherItIsRight({ visit, sees, look, comesTo, page, picture }) {
  await visit(`${BRAND}/validate`)
  await sees('It can be published; look at 1 warning first.')
  await page.locator('tr', { has: page.getByRole('rowheader', { name: '4' }) }).getByText('instead of it decide').waitFor()
  await visit(`${BRAND}/map?product=auto`)
  await picture('map', { isForReadme: true })
  await page.locator('svg a[href$="state=MT"]').click()
  await comesTo(`${BRAND}/rules`)
  await look()
  await page.locator('tr[data-rule="5"]').waitFor()
}

/** And sends the other a link to what they see. */
async function simulatesAVisitor(olga, rui) {
  const { visit, look, sees, fill, choose, press, page, picture } = olga
  await visit(`${BRAND}/simulate`)
  await choose('visitor.product', 'auto')
  await fill('visitor.zip', '90210')
  await fill('visitor.media', 'google')
  await press('Simulate')
  await sees('Sent on by a rule')
  await sees('decides')
  await sees('loses: its priority is lower')
  await look()
  await picture('simulator', { isForReadme: true })
  await rui.page.goto(await page.getByRole('link', { name: 'A link to share this' }).getAttribute('href').then((href) => new URL(href, page.url()).href))
  await rui.sees('Sent on by a rule')
  await rui.look()
}

async function savesATest({ visit, sees, fill, press, page }) {
  await visit(`${BRAND}/tests`)
  await page.fill('#new-test', 'Beverly Hills')
  await press('Next')
  await fill('visitor.product', 'auto')
  await fill('visitor.zip', '90210')
  await fill('expect.location', `${QUOTES}/*`)
  await press('Save in the draft')
  await sees('1 of 1 pass in the draft.')
}

async function publishes({ visit, sees, unfold, fill, press, comesTo, look }, number, note) {
  await visit(`${BRAND}/publish`)
  await unfold('Publish now…')
  await fill('note', note)
  await press('Publish to everybody')
  await comesTo(BRAND)
  await sees('Published: it is on its way to the edge.')
  await look()
  await revision(number)
}

async function seesItLive({ page, visit, sees }) {
  await eventually('every layer has it', async () => {
    await page.goto(new URL('/admin/publishing', page.url()).href)
    return page.getByText('The database, KV and the edge have the same').isVisible()
  })
  await visit('/admin/publishing')
  await sees('at the edge')
}

async function movesCalifornia({ visit, sees, page, look, picture }) {
  await visit(`${BRAND}/rules?state=CA&media=google`)
  await page.getByRole('button', { name: 'Edit url of rule 3' }).click()
  await page.locator('form.quick input').fill(`${QUOTES}/golden`)
  await page.keyboard.press('Enter')
  await page.locator('tr[data-rule="3"]', { hasText: '/golden' }).waitFor()
  await visit(`${BRAND}/rules/5`)
  await page.locator('textarea[name="when.zip"]').fill('96813')
  await page.getByRole('button', { name: 'Save in the draft' }).click()
  await sees('Rule 5 is saved in the draft.')
  await visit(`${BRAND}/diff`)
  await sees('0 rules added, 2 changed, 0 removed')
  await sees('hits replayed')
  await picture('diff')
}

async function changesThePriority({ visit, page }, rule, priority) {
  await visit(`${BRAND}/rules`)
  await page.getByRole('button', { name: `Edit priority of rule ${rule}` }).click()
  await page.locator('form.quick input').fill(String(priority))
  await page.keyboard.press('Enter')
  await page.locator(`tr[data-rule="${rule}"] [data-edit=priority]`, { hasText: String(priority) }).waitFor()
}

/** Freezes the draft, and shows it to some of the visitors. */
async function triesItOnSome({ visit, unfold, choose, fill, press, sees }, number, percent) {
  await visit(`${BRAND}/publish`)
  await unfold('Freeze only…')
  await press('Freeze')
  await sees('Frozen as a revision.')
  await unfold('Start or change a canary…')
  await choose('revision', String(number))
  await fill('percent', String(percent))
  await press('Show it to some')
  await sees('The canary is on its way to the edge.')
  await visit(`${BRAND}/canary`)
  await sees(`Canary: revision ${number} for ${percent} % of the visitors`)
}

async function promotesACanary(olga) {
  await changesThePriority(olga, 1, 1)
  await triesItOnSome(olga, 3, 50)
  await eventually('both revisions answer', async () => {
    const some = await Promise.all([...'abcdefghijkl'].map((vid) => visitor('60601', 'auto', vid)))
    return [2, 3].every((number) => some.some((answer) => answer.revision === number))
  })
  await olga.sees('Too few hits yet to say anything.')
  await olga.picture('canary')
  await olga.unfold('Promote…')
  await olga.press('Show it to everybody')
  await olga.sees('Promoted: every visitor gets revision 3.')
  await revision(3)
}

async function abortsACanary(olga) {
  await changesThePriority(olga, 1, 0)
  await triesItOnSome(olga, 4, 99)
  await olga.unfold('Abort…')
  await olga.press('End the canary')
  await olga.sees('Aborted: every visitor gets revision 3.')
  await eventually('nobody gets the canary', async () => {
    const some = await Promise.all([...'abcdefghijkl'].map((vid) => visitor('60601', 'auto', vid)))
    return some.every((answer) => answer.revision === 3)
  })
}

async function rollsBack({ visit, press, sees, page }) {
  await visit(`${BRAND}/revisions`)
  await sees('was live')
  const first = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: '1', exact: true }) })
  await first.locator('summary', { hasText: 'Roll back…' }).click()
  await press('Roll back to revision 1')
  await sees('Rolled back: revision 1 is on its way to the edge.')
  await revision(1)
}

/** Who asks cannot approve; the other can. */
async function needsTheOther(olga, rui) {
  await olga.visit(`${BRAND}/policy`)
  await olga.page.getByLabel('A second person approves whatever goes live').check()
  await olga.press('Save')
  await olga.sees('The policy is saved.')
  await olga.visit(`${BRAND}/publish`)
  await olga.sees('this brand wants a second person for whatever goes live')
  await olga.unfold('Publish now…')
  await olga.isRefused(422, () => olga.press('Publish to everybody'))
  await olga.visit(`${BRAND}/publish`)
  await olga.unfold('Ask for approval or schedule…')
  await olga.fill('note', 'as it was before')
  await olga.press('Ask')
  await olga.comesTo(`${BRAND}/requests`)
  await olga.unfold('Approve…')
  await olga.sees('You asked for it yourself: somebody else must approve.')
  await olga.isRefused(422, () => olga.press('Approve'))
  await rui.visit(`${BRAND}/requests`)
  await rui.sees('as it was before')
  await rui.unfold('Approve…')
  await rui.press('Approve')
  await rui.sees('Approved.')
  await revision(4)
}

async function throwsTheKillSwitch({ visit, unfold, press, sees, look }) {
  await visit(BRAND)
  await unfold('Throw the kill switch…')
  await press('Send everybody to the fallback')
  await sees('The switch is thrown')
  await look()
  await visitorsGet('the fallback', ({ location }) => location.startsWith(`${QUOTES}/start`))
  await unfold('Put it back…')
  await press('Let rules decide')
  await sees('Rules decide again.')
  await visitorsGet('rules again', ({ location }) => location.startsWith(`${QUOTES}/auto`))
}

/** What another changed meanwhile is not overwritten, and without scripts neither. */
async function meetsTheOther(olga, rui, plain) {
  await olga.visit(`${BRAND}/rules/6`)
  await plain.visit(`${BRAND}/rules/6`)
  await rui.visit(`${BRAND}/rules/6`)
  await rui.fill('note', 'by Rui')
  await rui.press('Save in the draft')
  await rui.sees('Rule 6 is saved in the draft.')
  for (const late of [olga, plain]) {
    await late.fill('note', 'too late')
    await late.isRefused(412, () => late.press('Save in the draft'))
    await late.page.getByRole('link', { name: 'Load it as it is now' }).click()
    await late.page.locator('main [name=note][value="by Rui"]').waitFor()
  }
  await plain.fill('note', 'without a script')
  await plain.press('Save in the draft')
  await plain.sees('Rule 6 is saved in the draft.')
  await plain.visit(`${BRAND}/simulate`)
  await plain.choose('visitor.product', 'home')
  await plain.fill('visitor.zip', '10001')
  await plain.press('Simulate')
  await plain.sees('Sent on by a rule')
  await plain.look()
}

/** Settings, a sheet, and one change to many rules: each is looked at before it is done, by forms alone. */
async function worksWithoutScripts({ visit, look, sees, unfold, fill, press, comesTo, page, complain }) {
  const systems = async (lines) => {
    await visit(`${BRAND}/settings`)
    await fill('systems', lines)
    await press('Save in the draft')
    await sees('The settings are saved in the draft.')
    if ((await page.inputValue('main [name=systems]')).trim() !== lines) complain('has other systems than were saved')
  }
  await systems('crm postal = {zip}')
  await systems('')
  await visit(`${BRAND}/paste`)
  await fill('_raw', sheet(SHEET))
  await press('Try them as all rules: changes nothing')
  await sees('7 rules:')
  await look()
  await press("Replace the draft's rules")
  await comesTo(`${BRAND}/rules`)
  await sees('The rules are in the draft.')
  await visit(`${BRAND}/rules?state=CA&media=google`)
  await unfold('Raise or lower the priority')
  await fill('action.by', '2')
  await press('Try: raise or lower the priority')
  await sees('2 rules fit; 2 of them would be otherwise.')
  await look()
  await press('Change 2 rules of the draft')
  await sees('The rules of the draft are changed.')
  await visit('/admin/hits?brand=acme')
  await page.getByRole('link', { name: '7 days' }).click()
  await page.locator('a[aria-current=true]', { hasText: '7 days' }).waitFor()
  await look()
}

async function readsWhatBecameOfIt({ visit, sees, page, picture }) {
  await visit('/admin/hits?brand=acme')
  await page.locator('.chart canvas').waitFor()
  await picture('analytics')
  for (const path of ['/admin/recent-hits?brand=acme', '/admin/hits/acme', '/admin/audit']) await visit(path)
  await sees('acme')
}

async function retiresAndReinstates({ visit, unfold, press, sees }) {
  await visit(BRAND)
  await unfold('Retire…')
  await press('Retire Acme Insurance')
  await sees('Retired: nothing of it is live.')
  await eventually('visitors get nothing', async () => !(await visitor('60601')).location)
  await visit('/admin/brands?retired=true')
  await sees('Acme Insurance')
  await visit(BRAND)
  await unfold('Reinstate…')
  await press('Reinstate')
  await sees('It is back, with its draft and nothing live.')
}

/** To whoever may not see it there is no such brand. */
async function mayNot(nina) {
  await nina.isRefused(404, () => nina.page.goto(`${process.argv[2]}${BRAND}`))
  await nina.sees('There is nothing here')
}

const PAGES = ['', '/rules', '/rules/2', '/new-rule', '/settings', '/tests', '/validate', '/map', '/simulate', '/diff?from=1&to=3', '/publish', '/requests', '/revisions', '/revisions/3', '/policy', '/webhooks', '/paste']

/** All of it in a hand, and in the dark. */
async function onThePhone(phone) {
  for (const path of ['/admin', '/admin/brands', '/admin/hits', '/admin/publishing', ...PAGES.map((path) => BRAND + path)]) await phone.visit(path)
  await phone.visit(`${BRAND}/rules`)
  await phone.picture('phone-rules')
  await phone.page.getByRole('link', { name: 'Menu' }).click()
  await phone.page.getByRole('link', { name: 'Live status' }).click()
  await phone.comesTo('/admin/publishing')
}

await walk(process.argv.slice(2, 5), async ({ person, invited }) => {
  const [olga, rui, nina] = await Promise.all(['olga', 'rui', 'nina'].map((name) => invited(name, `${name}@acme.example`)))
  await makesABrand(olga)
  await saysWhereVisitorsMayGo(olga)
  await writesARule(olga)
  await editsItInTheTable(olga)
  await pastesASheet(olga)
  await changesManyAtOnce(olga)
  await looksWhetherItIsRight(olga)
  await simulatesAVisitor(olga, rui)
  await savesATest(olga)
  await publishes(olga, 1, 'the first')
  await seesItLive(olga)
  await visitorsCome(10)
  await hitsAreCounted(olga, 10 * VISITORS.length)
  await movesCalifornia(olga)
  await publishes(olga, 2, 'California by its own form')
  await promotesACanary(olga)
  await abortsACanary(olga)
  await rollsBack(olga)
  await needsTheOther(olga, rui)
  await throwsTheKillSwitch(olga)
  const here = await olga.cookies()
  const plain = await person('olga-without-scripts', { javaScriptEnabled: false, storageState: here })
  await meetsTheOther(olga, rui, plain)
  await worksWithoutScripts(plain)
  await readsWhatBecameOfIt(olga)
  await onThePhone(await person('olga-phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', storageState: here }))
  await retiresAndReinstates(olga)
  await mayNot(nina)
})
