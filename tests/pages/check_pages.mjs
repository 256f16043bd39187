// Looks at our pages with a real browser: values change while files flow, hostile names stay words, nothing is loaded
// from elsewhere, the console stays empty. Screenshots for people go to OUT.
// Usage: node check_pages.mjs BUILD OUT     Prints a line a check; exits 1 when one fails.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const [build, out] = process.argv.slice(2).map((path) => resolve(path));
const patience = 30_000;
const { chromium } = await import('playwright-core').catch((error) => {
  console.error(`playwright-core is not installed in tests/pages (${error.code}): ./dev check --pages runs npm ci`);
  process.exit(1);
});
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const room = mkdtempSync(join(tmpdir(), 'sluice-pages-'));
mkdirSync(out, { recursive: true });

const screens = { phone: { width: 390, height: 844 }, wall: { width: 2560, height: 1440 } };
const started = [];
let passed = 0, failed = 0;

/** A program that says where it is in its first line; `tell` writes lines to it. */
async function start(program, ...args) {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  return { next, tell: (line) => child.stdin.write(line + '\n'), end: () => child.kill() };
}

/** A page whose console and requests are kept; `done` says what of them should not be there. */
async function open(browser, url, options, before = async () => {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const heard = [], requests = [];
  page.on('console', (m) => heard.push(`${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => heard.push(`error: ${e.message}`));
  page.on('request', (r) => requests.push(r.url()));
  await before(page);
  await page.goto(url);
  return { page, heard, requests, close: () => context.close() };
}

const number = async (page, id) => parseFloat((await page.textContent(id)).replaceAll(',', ''));
const fate = (page, name) =>
  page.$$eval('#fates tr', (rows, n) => +rows.find((r) => r.cells[0].textContent === n).cells[1].textContent.replaceAll(',', ''), name);
const state = (page, name) => page.waitForFunction((n) => document.getElementById('state').dataset.state === n, name);
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

async function check(what, work) {
  try {
    await work();
    ++passed;
    console.log(`ok    ${what}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${what}\n${error.stack}`);
  }
}

async function statusPage(browser) {
  const demo = await start(join(build, 'tests/pages/status_demo'));
  const url = await demo.next();

  await check('the status page lives: figures move, and both plots have their hour', async () => {
    const { page, heard, requests, close } = await open(browser, url, { viewport: screens.wall });
    await state(page, 'working');
    const before = await fate(page, 'accepted');
    await page.waitForFunction((n) => +document.querySelector('#fates td + td').textContent.replaceAll(',', '') > n, before);
    assert.ok((await number(page, '#files')) > 0 && (await number(page, '#bytes')) > 0);
    assert.equal(await page.textContent('#title'), '/var/spool/images → upload.example');
    for (const id of ['#rate-plot', '#backlog-plot'])
      assert.ok((await page.getAttribute(`${id} .line`, 'd')).split('L').length > 600, id);
    await page.hover('#rate-plot');
    assert.match(await page.textContent('#rate-at'), /\/s, .* ago$/);
    assert.deepEqual(requests.map((r) => r.replace(url, '')), ['/', '/events']);
    assert.deepEqual(heard, []);
    await close();
  });

  await check('a name is words, whatever is in it', async () => {
    const { page, heard, close } = await open(browser, url, { viewport: screens.phone });
    const name = '<img src=x onerror="document.title=1"></script><b>&amp;';
    demo.tell(`fail ${name}`);
    await page.waitForFunction((n) => document.querySelector('#errors td.file')?.textContent === n, name);
    assert.equal(await page.$('#errors img, #errors b'), null);
    assert.ok(await fits(page), 'it makes the page no wider');
    assert.deepEqual(heard, []);
    demo.tell('fail ' + 'long-name-without-a-space-'.repeat(20));
    await page.waitForFunction(() => document.querySelector('#errors td.file').textContent.startsWith('…'));
    assert.ok(await fits(page));
    await close();
  });

  await check('states are told apart, in words', async () => {
    const { page, close } = await open(browser, url, { viewport: screens.phone });
    for (const [order, name] of [['pause', 'paused'], ['wait', 'waiting'], ['unreachable', 'unreachable'], ['idle', 'idle'], ['flow', 'working']]) {
      demo.tell(order);
      await state(page, name);
    }
    await close();
  });

  await check('a page that found no room comes back by itself', async () => {
    const full = (page) => page.route('**/events', (route) => route.fulfill({ status: 503 }));
    const { page, close } = await open(browser, url, { viewport: screens.phone }, full);
    await state(page, 'lost');
    await page.unroute('**/events');
    await state(page, 'working');
    await close();
  });

  for (const [screen, viewport] of Object.entries(screens))
    for (const colorScheme of ['light', 'dark'])
      await check(`status page, ${screen}, ${colorScheme}`, async () => {
        const { page, heard, close } = await open(browser, url, { viewport, colorScheme });
        await state(page, 'working');
        await page.waitForSelector('#error-rows tr');
        assert.ok(await fits(page), 'nothing to scroll sideways');
        await page.screenshot({ path: join(out, `status-${screen}-${colorScheme}.png`), fullPage: screen === 'phone' });
        assert.deepEqual(heard, []);
        await close();
      });

  await check('status page, refused', async () => {
    const { page, close } = await open(browser, url, { viewport: screens.phone, colorScheme: 'dark' });
    demo.tell('refuse');
    await state(page, 'refused');
    assert.match(await page.textContent('#reason'), /refuses us: /);
    await page.screenshot({ path: join(out, 'status-refused.png') });
    await close();
  });

  await check('who is left alone says so', async () => {
    const { page, close } = await open(browser, url, { viewport: screens.phone });
    await state(page, 'refused');
    demo.tell('quit');
    await state(page, 'lost');
    await close();
  });
}

async function benchPage(browser) {
  const tls = join(room, 'tls'), html = join(room, 'report.html');
  const sink = await start(join(build, 'sluice-sink'), '--tls-dir', tls);
  const said = {};
  while (!('ready' in said)) {
    const [key, value] = (await sink.next()).split(' ');
    said[key] = value;
  }
  execFileSync(join(build, 'sluice'), ['bench', said.url, '--cacert', said.ca, '--window', '1,4,16', '--duration', '1s',
    '--warm-up', '100ms', '--html', html], { stdio: 'ignore', timeout: patience });
  sink.end();
  for (const [screen, viewport] of Object.entries(screens))
    for (const colorScheme of ['light', 'dark'])
      await check(`bench page, ${screen}, ${colorScheme}: opens from its file, and loads nothing`, async () => {
        const { page, heard, requests, close } = await open(browser, `file://${html}`, { viewport, colorScheme });
        assert.equal((await page.$$('figure svg')).length >= 3, true);
        assert.ok(await fits(page), 'nothing to scroll sideways');
        assert.deepEqual(requests, [`file://${html}`]);
        assert.deepEqual(heard, []);
        await page.screenshot({ path: join(out, `bench-${screen}-${colorScheme}.png`), fullPage: true });
        await close();
      });
}

const context = await chromium.launchPersistentContext(join(room, 'profile'), {
  executablePath,
  headless: true,
  chromiumSandbox: false,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  await statusPage(context.browser());
  await benchPage(context.browser());
} finally {
  await context.close();
  for (const child of started) child.kill();
  rmSync(room, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
