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
const started = [],
  opened = [];
let passed = 0,
  failed = 0;

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
  opened.push(context);
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const heard = [],
    requests = [];
  page.on('console', (m) => heard.push(`${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => heard.push(`error: ${e.message}`));
  page.on('request', (r) => requests.push(r.url()));
  await before(page);
  await page.goto(url);
  return { page, heard, requests };
}

const number = async (page, id) => parseFloat((await page.textContent(id)).replaceAll(',', ''));
const fate = (page, name) =>
  page.$$eval(
    '#fates tr',
    (rows, n) => +rows.find((r) => r.cells[0].textContent === n).cells[1].textContent.replaceAll(',', ''),
    name,
  );
const state = (page, name) => page.waitForFunction((n) => document.getElementById('state').dataset.state === n, name);
// These run in the page: the minutes that both plots show, and how many pixels of each are not empty.
const minutes = (page) =>
  page.evaluate(() =>
    plots.map(({ chart }) => {
      const [from, to] = chart.xAxisRange();
      return Math.round((to - from) / 600) / 100;
    }),
  );
const inked = () =>
  plots.map(({ box }) => {
    const canvas = box.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((v, i) => i % 4 === 3 && v > 0).length;
  });
/** Waits until the page has been told something new. */
async function nextWord(page) {
  const before = await page.evaluate(() => heard);
  await page.waitForFunction((then) => heard > then + 1000, before);
}
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
  // The server has few places: a check that failed must not keep its own.
  for (const context of opened.splice(0)) await context.close();
}

async function statusPage(browser) {
  const demo = await start(join(build, 'tests/pages/status_demo'));
  const url = await demo.next();

  await check('the status page lives: figures move, and both plots have their hour', async () => {
    const { page, heard, requests } = await open(browser, url, { viewport: screens.wall });
    await state(page, 'sending');
    const before = await fate(page, 'accepted');
    await page.waitForFunction(
      (n) => +document.querySelector('#fates td + td').textContent.replaceAll(',', '') > n,
      before,
    );
    assert.ok((await number(page, '#files')) > 0 && (await number(page, '#bytes')) > 0);
    assert.equal(await page.textContent('#title'), '/var/spool/images → upload.example');
    for (const drawn of await page.evaluate(() => plots.map((p) => p.chart.numRows()))) assert.ok(drawn > 600, drawn);
    for (const ink of await page.evaluate(inked)) assert.ok(ink > 1000, `${ink} pixels are drawn`);
    assert.deepEqual(
      requests.map((r) => r.replace(url, '')),
      ['/', '/events'],
    );
    assert.deepEqual(heard, []);
  });

  await check('a plot tells what is under the pointer', async () => {
    const { page, heard } = await open(browser, url, { viewport: screens.wall });
    await state(page, 'sending');
    const box = await page.locator('#rate-plot').boundingBox();
    const ages = [];
    for (const part of [0.9, 0.5]) {
      await page.mouse.move(box.x + part * box.width, box.y + box.height / 2);
      const [text, value] = await page.evaluate(() => {
        const { chart } = plots[0];
        return [document.getElementById('rate-at').textContent, chart.getValue(chart.getSelection(), 1)];
      });
      const said = text.match(/^([0-9.,]+)\/s at \d\d:\d\d:\d\d, (\d+):\d\d min ago$/);
      assert.ok(said, text);
      assert.equal(+said[1].replaceAll(',', ''), Math.round(value));
      ages.push(+said[2]);
    }
    assert.ok(ages[0] < 15 && ages[1] > 20, `${ages}`);
    const told = await page.textContent('#rate-at');
    await nextWord(page);
    assert.notEqual(await page.textContent('#rate-at'), '', `${told} is told while the plot lives`);
    await page.mouse.move(0, 0);
    assert.equal(await page.textContent('#rate-at'), '');
    assert.deepEqual(heard, []);
  });

  await check('both plots zoom as one, and stay while figures move', async () => {
    const { page, heard, requests } = await open(browser, url, { viewport: screens.wall });
    await state(page, 'sending');
    const whole = await minutes(page);
    assert.deepEqual(whole, [60, 60]);
    const box = await page.locator('#backlog-plot').boundingBox();
    const drag = async () => {
      await page.mouse.move(box.x + 0.6 * box.width, box.y + box.height / 2);
      await page.mouse.down();
      await page.mouse.move(box.x + 0.8 * box.width, box.y + box.height / 2, { steps: 5 });
      await page.mouse.up();
    };
    await drag();
    const zoomed = await minutes(page);
    assert.ok(zoomed[0] > 8 && zoomed[0] < 16 && zoomed[0] === zoomed[1], `${zoomed} minutes`);
    const range = await page.evaluate(() => plots[0].chart.xAxisRange());
    await nextWord(page);
    assert.deepEqual(await page.evaluate(() => plots[1].chart.xAxisRange()), range);
    await page.screenshot({ path: join(out, 'status-zoomed.png') });
    await page.dblclick('#rate-plot');
    assert.deepEqual(await minutes(page), whole);
    await drag();
    await page.click('#rate-whole');
    assert.deepEqual(await minutes(page), whole);
    assert.equal(await page.locator('figcaption button:visible').count(), 0);
    assert.deepEqual(
      requests.map((r) => r.replace(url, '')),
      ['/', '/events'],
    );
    assert.deepEqual(heard, []);
  });

  await check('a plot obeys keys', async () => {
    const { page, heard } = await open(browser, url, { viewport: screens.phone });
    await state(page, 'sending');
    await page.focus('#backlog-plot');
    for (let i = 0; i < 12; ++i) await page.keyboard.press('ArrowLeft');
    assert.match(await page.textContent('#backlog-at'), /^[0-9,]+ files at .*, 1:0[05] min ago$/);
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    assert.deepEqual(await minutes(page), [15, 15]);
    await page.keyboard.press('-');
    assert.deepEqual(await minutes(page), [30, 30]);
    await page.keyboard.press('Escape');
    assert.deepEqual(await minutes(page), [60, 60]);
    assert.match(
      await page.getAttribute('#backlog-plot', 'aria-label'),
      /^Backlog, the last 60 minutes; now [0-9,]+ files$/,
    );
    assert.deepEqual(heard, []);
  });

  await check('on a plot one finger scrolls the page or looks, and two zoom', async () => {
    const { page, heard } = await open(browser, url, {
      viewport: screens.phone,
      hasTouch: true,
      isMobile: true,
    });
    await state(page, 'sending');
    const hand = await page.context().newCDPSession(page);
    await page.locator('#rate-plot').scrollIntoViewIfNeeded();
    let box = await page.locator('#rate-plot').boundingBox();
    const fingers = async (type, ...places) => {
      const touchPoints = places.map(([right, up], id) => ({
        x: box.x + box.width / 2 + right,
        y: box.y + box.height / 2 - up,
        id,
      }));
      await hand.send('Input.dispatchTouchEvent', { type, touchPoints });
    };
    const before = await page.evaluate(() => scrollY);
    await fingers('touchStart', [0, 0]);
    for (let up = 10; up < 200; up += 10) {
      await fingers('touchMove', [0, up]);
      await page.waitForTimeout(16); // as fast as a finger
    }
    await fingers('touchEnd');
    await page.waitForFunction((y) => scrollY > y + 50, before);
    box = await page.locator('#rate-plot').boundingBox();
    await fingers('touchStart', [0, 0]);
    for (const right of [20, 40, 60]) await fingers('touchMove', [right, 0]);
    assert.match(await page.textContent('#rate-at'), /\/s at .* ago$/);
    await fingers('touchEnd');
    await fingers('touchStart', [-20, 0], [20, 0]);
    for (const apart of [30, 40, 50, 60]) await fingers('touchMove', [-apart, 0], [apart, 0]);
    await fingers('touchEnd');
    const zoomed = await minutes(page);
    assert.ok(zoomed[0] < 40 && Math.abs(zoomed[0] - zoomed[1]) < 0.1, `${zoomed} minutes`);
    assert.deepEqual(heard, []);
  });

  await check('a plot has the colours and the size that the page has now', async () => {
    const { page, heard } = await open(browser, url, { viewport: screens.wall, colorScheme: 'light' });
    await state(page, 'sending');
    const look = () => page.evaluate(() => [plots[0].chart.getColors()[0], plots[0].chart.size().width]);
    const [ink, width] = await look();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(screens.phone);
    await page.waitForFunction((w) => plots[0].chart.size().width < w / 2, width);
    assert.notEqual((await look())[0], ink);
    assert.ok(await fits(page));
    assert.deepEqual(heard, []);
  });

  await check('a name is words, whatever is in it', async () => {
    const { page, heard } = await open(browser, url, { viewport: screens.phone });
    const name = '<img src=x onerror="document.title=1"></script><b>&amp;';
    demo.tell(`fail ${name}`);
    await page.waitForFunction((n) => document.querySelector('#errors td.file')?.textContent === n, name);
    assert.equal(await page.$('#errors img, #errors b'), null);
    assert.ok(await fits(page), 'it makes the page no wider');
    assert.deepEqual(heard, []);
    demo.tell('fail ' + 'long-name-without-a-space-'.repeat(20));
    await page.waitForFunction(() => document.querySelector('#errors td.file').textContent.startsWith('…'));
    assert.ok(await fits(page));
  });

  await check('states are told apart, in words', async () => {
    const { page } = await open(browser, url, { viewport: screens.phone });
    for (const name of ['paused', 'held back', 'renewing', 'unreachable', 'no replies', 'stopping', 'idle']) {
      demo.tell(name);
      await state(page, name);
    }
    demo.tell('flow');
    await state(page, 'sending');
  });

  await check('a page that found no room comes back by itself', async () => {
    const full = (page) => page.route('**/events', (route) => route.fulfill({ status: 503 }));
    const { page } = await open(browser, url, { viewport: screens.phone }, full);
    await state(page, 'no word from sluice');
    await page.unroute('**/events');
    await state(page, 'sending');
  });

  for (const [screen, viewport] of Object.entries(screens))
    for (const colorScheme of ['light', 'dark'])
      await check(`status page, ${screen}, ${colorScheme}`, async () => {
        const { page, heard } = await open(browser, url, { viewport, colorScheme });
        await state(page, 'sending');
        await page.waitForSelector('#error-rows tr');
        assert.ok(await fits(page), 'nothing to scroll sideways');
        await page.screenshot({ path: join(out, `status-${screen}-${colorScheme}.png`), fullPage: screen === 'phone' });
        assert.deepEqual(heard, []);
      });

  await check('status page, refused', async () => {
    const { page } = await open(browser, url, { viewport: screens.phone, colorScheme: 'dark' });
    demo.tell('refused');
    await state(page, 'refused');
    assert.match(await page.textContent('#reason'), /refuses us: .* \(for 4\d s\)/);
    await page.screenshot({ path: join(out, 'status-refused.png') });
  });

  await check('who is left alone says so', async () => {
    const { page } = await open(browser, url, { viewport: screens.phone });
    await state(page, 'refused');
    demo.tell('quit');
    await state(page, 'no word from sluice');
  });
}

async function benchPage(browser) {
  const tls = join(room, 'tls'),
    html = join(room, 'report.html');
  const sink = await start(join(build, 'sluice-sink'), '--tls-dir', tls);
  const said = {};
  while (!('ready' in said)) {
    const [key, value] = (await sink.next()).split(' ');
    said[key] = value;
  }
  execFileSync(
    join(build, 'sluice'),
    [
      'bench',
      said.url,
      '--cacert',
      said.ca,
      '--window',
      '1,4,16',
      '--duration',
      '1s',
      '--warm-up',
      '100ms',
      '--html',
      html,
    ],
    { stdio: 'ignore', timeout: patience },
  );
  sink.end();
  for (const [screen, viewport] of Object.entries(screens))
    for (const colorScheme of ['light', 'dark'])
      await check(`bench page, ${screen}, ${colorScheme}: opens from its file, and loads nothing`, async () => {
        const { page, heard, requests } = await open(browser, `file://${html}`, { viewport, colorScheme });
        assert.equal((await page.$$('figure svg')).length >= 3, true);
        assert.ok(await fits(page), 'nothing to scroll sideways');
        assert.deepEqual(requests, [`file://${html}`]);
        assert.deepEqual(heard, []);
        await page.screenshot({ path: join(out, `bench-${screen}-${colorScheme}.png`), fullPage: true });
      });
}

const context = await chromium.launchPersistentContext(join(room, 'profile'), {
  executablePath,
  headless: true,
  chromiumSandbox: false,
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
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
