// What being scraped costs. First of a drain that waits for one slow reply: the CPU time of its process. Then of drains of
// many files to sluice-sink on loopback: rounds in pairs, one with N scrapes of /metrics a second and one without, in turn;
// ratios of CPU a file, and of files a second.
// Usage: node scrape_cost.mjs BUILD [PAIRS [FILES [SCRAPES_A_SECOND]]]
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const build = resolve(process.argv[2]);
const [pairs = 12, files = 40_000, scrapes = 10] = process.argv.slice(3).map(Number);
const room = mkdtempSync(join(tmpdir(), 'sluice-cost-'));

function start(...command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, next: async () => (await lines.next()).value };
}

/** One drain; with scrapes while it lasts, if `scraped`. */
async function drain(sink, from, scraped) {
  const run = start(join(build, 'tests/pages/status_drain'), sink.url, sink.ca, from);
  const port = await run.next();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let answered = 0;
  const scrape = () =>
    get({ port, path: '/metrics', agent }, (reply) => reply.resume().on('end', () => ++answered)).on('error', () => {});
  const timer = scraped && setInterval(scrape, 1000 / scrapes);
  const [accepted, seconds, cpu] = (await run.next()).split(' ').map(Number);
  clearInterval(timer);
  agent.destroy();
  return { perFile: cpu / accepted, rate: accepted / seconds, share: cpu / seconds, scrapes: answered / seconds };
}

async function startSink(...options) {
  const server = start(join(build, 'sluice-sink'), '--tls-dir', mkdtempSync(join(room, 'tls-')), ...options);
  const sink = { end: () => server.child.kill() };
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

const slow = await startSink('--script-json', '{"rules": [{"delay_ms": 15000}]}');
const [still, scraped] = await Promise.all([false, true].map((on) => drain(slow, spoolOf(`still-${on}`, 1), on)));
slow.end();
const percent = (share) => `${(share * 100).toFixed(2)} %`;
console.log(`of one core, waiting: ${percent(still.share)}; with ${scraped.scrapes.toFixed(1)} scrapes/s ${percent(scraped.share)}`);

const spool = spoolOf('spool', ...Array.from({ length: files }, (_, i) => 16_384 + (i * 7919) % 16_384));
const sink = await startSink();
const cpu = [], rate = [];
for (let i = 0; i < pairs + 1; ++i) {
  const first = i % 2 === 0, one = await drain(sink, spool, first), other = await drain(sink, spool, !first);
  const [on, off] = first ? [one, other] : [other, one];
  if (i === 0) continue; // the disk's cache was cold
  cpu.push(on.perFile / off.perFile);
  rate.push(on.rate / off.rate);
  console.log(`${off.rate.toFixed(0)} files/s, ${(off.perFile * 1e6).toFixed(1)} µs a file; with ${on.scrapes.toFixed(1)} scrapes/s ` +
    `${on.rate.toFixed(0)} files/s, ${(on.perFile * 1e6).toFixed(1)} µs a file`);
}
sink.end();
rmSync(room, { recursive: true });
const spread = (all) => {
  const s = all.toSorted((a, b) => a - b), at = (q) => s[Math.round(q * (s.length - 1))].toFixed(4);
  return `${at(.5)} [${at(0)}, ${at(1)}], quartiles ${at(.25)} to ${at(.75)}`;
};
console.log(`CPU a file: ${spread(cpu)}\nfiles a second: ${spread(rate)}`);
