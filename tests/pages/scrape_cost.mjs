// What being scraped costs. First of a drain that waits for one slow reply: the CPU time of its process. Then of a drain
// that sends all the while to sluice-sink on loopback: its half seconds, with N scrapes of its /metrics a second and
// without, in the order on, off, off, on; ratios of CPU a file, and of files a second, of neighbours. While the sender is
// left alone, the waiting drain is scraped: the scraper's own work is the machine's, and meets both alike.
// Usage: node scrape_cost.mjs BUILD [PAIRS [SCRAPES_A_SECOND]]
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const build = resolve(process.argv[2]);
const [pairs = 200, scrapes = 10] = process.argv.slice(3).map(Number);
const room = mkdtempSync(join(tmpdir(), 'sluice-cost-'));

function start(...command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { next: async () => (await lines.next()).value, end: () => child.kill() };
}

/** A running drain of the folder `from`, and its half seconds. */
async function startDrain(sink, from) {
  const run = start(join(build, 'tests/pages/status_drain'), sink.url, sink.ca, from);
  const port = await run.next();
  const figures = async () => (await run.next()).split(' ').map(Number);
  let last = await figures();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const scraper = { answered: 0 };
  scraper.scrape = () =>
    get({ port, path: '/metrics', agent }, (reply) => reply.resume().on('end', () => ++scraper.answered)).on(
      'error',
      () => {},
    );

  /** What the next `n` half seconds were, as one; `scraped` is scraped while they last, if anybody is. */
  async function halfSeconds(n, scraped) {
    const [files, seconds, cpu] = last;
    const before = scraped?.answered,
      timer = scraped && setInterval(scraped.scrape, 1000 / scrapes);
    for (let i = 0; i < n; ++i) last = await figures();
    clearInterval(timer);
    const took = last[1] - seconds;
    return {
      perFile: (last[2] - cpu) / (last[0] - files),
      rate: (last[0] - files) / took,
      share: (last[2] - cpu) / took,
      scrapes: (scraped?.answered - before) / took,
    };
  }
  return { halfSeconds, scraper, end: () => (agent.destroy(), run.end()) };
}

async function startSink(...options) {
  const server = start(join(build, 'sluice-sink'), '--tls-dir', mkdtempSync(join(room, 'tls-')), ...options);
  const sink = { end: server.end };
  while (!('ready' in sink)) {
    const [key, value] = (await server.next()).split(' ');
    sink[key] = value;
  }
  return sink;
}

function spoolOf(name, ...sizes) {
  const spool = join(room, name);
  mkdirSync(spool);
  sizes.forEach((size, i) => writeFileSync(join(spool, `${i}`), Buffer.alloc(size, 'x')));
  return spool;
}

const slow = await startSink('--script-json', '{"rules": [{"delay_ms": 60000}]}');
const waiting = await startDrain(slow, spoolOf('one', 1));
await waiting.halfSeconds(4);
const still = await waiting.halfSeconds(30),
  scraped = await waiting.halfSeconds(30, waiting.scraper);
const percent = (share) => `${(share * 100).toFixed(2)} %`;
console.log(
  `of one core, waiting: ${percent(still.share)}; with ${scraped.scrapes.toFixed(1)} scrapes/s ${percent(scraped.share)}`,
);

const sink = await startSink();
const sending = await startDrain(
  sink,
  spoolOf('spool', ...Array.from({ length: 20_000 }, (_, i) => 16_384 + ((i * 7919) % 16_384))),
);
await sending.halfSeconds(10); // the disk's cache was cold
const cpu = [],
  rate = [],
  rates = [],
  heard = [];
for (let i = 0; i < pairs; ++i) {
  const first = i % 2 === 0,
    who = [sending.scraper, waiting.scraper];
  const one = await sending.halfSeconds(1, who[first ? 0 : 1]),
    other = await sending.halfSeconds(1, who[first ? 1 : 0]);
  const [on, off] = first ? [one, other] : [other, one];
  cpu.push(on.perFile / off.perFile);
  rate.push(on.rate / off.rate);
  rates.push(off.rate);
  heard.push(on.scrapes);
}
for (const running of [sending, sink, waiting, slow]) running.end();
rmSync(room, { recursive: true });

/** The median, how far chance may have moved it (95 %, by the ranks of a binomial), and the quartiles. */
const spread = (all) => {
  const s = all.toSorted((a, b) => a - b),
    n = s.length;
  const at = (rank) => s[Math.min(n - 1, Math.max(0, Math.round(rank)))].toFixed(4);
  const far = 0.98 * Math.sqrt(n);
  return (
    `${at((n - 1) / 2)} (95 % between ${at((n - 1) / 2 - far)} and ${at((n - 1) / 2 + far)}), quartiles ${at((n - 1) / 4)} to ` +
    at(((n - 1) * 3) / 4)
  );
};
console.log(
  `of ${pairs} pairs of half seconds, at ${spread(rates)} files a second without and ${spread(heard)} scrapes with:`,
);
console.log(`CPU a file: ${spread(cpu)}\nfiles a second: ${spread(rate)}`);
