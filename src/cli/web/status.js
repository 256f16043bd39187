'use strict';
/* global $, age, grouped, rate, Plot */

const bad = ['unreachable', 'refused', 'no replies'];
const silent = 'no word from sluice';
const fatesThatHurt = ['rejected', 'undeletable', 'missing', 'corrupted'];
const plots = [
  new Plot('rate', '--l0', (v) => rate(v) + '/s'),
  new Plot('backlog', '--l1', (v) => grouped(v) + ' files'),
];
let past = { step: 5, most: 720, first: 0, points: [] },
  heard = performance.now();
let known = { at: 0, time: 0 };

function state(name, reason) {
  $('state').dataset.state = name;
  if ($('state').textContent !== name) $('state').textContent = name;
  $('reason').textContent = reason;
  $('reason').className = bad.includes(name) ? 'bad' : '';
  document.body.classList.toggle('lost', name === silent);
}
function valued(id, value, unit) {
  const e = $(id);
  e.textContent = value;
  if (unit) e.append(Object.assign(document.createElement('small'), { textContent: ' ' + unit }));
}
function row(...cells) {
  const tr = document.createElement('tr');
  for (const text of cells) tr.append(Object.assign(document.createElement('td'), { textContent: text }));
  return tr;
}
// The time of the step `at`, by the browser's clock. The first message about a step sets it.
function timeOf(at) {
  const then = known.time + (at - known.at) * past.step * 1000;
  if (Math.abs(then - Date.now()) < 2000 * past.step) return then;
  known = { at, time: Date.now() };
  return known.time;
}
function remember(at, point) {
  if (at === null) return;
  while (past.first + past.points.length <= at) past.points.push(null);
  past.points[at - past.first] = point;
  while (past.points.length > past.most) {
    past.points.shift();
    ++past.first;
  }
  const end = timeOf(at);
  plots.forEach((plot, i) =>
    plot.show(
      past.points.map((p) => p && p[i * 2]),
      past.step * 1000,
      end,
    ),
  );
}
// The reason, and how long the state has lasted.
function because(m) {
  if (!m.reason || m.state_age < 1) return m.reason;
  const [n, unit] = age(m.state_age);
  return `${m.reason} (for ${n} ${unit})`;
}
function now(m) {
  state(
    m.state,
    because(m) ||
      (m.only_rescans ? 'The kernel tells nothing of some directories: new files wait for the next walk.' : ''),
  );
  const isKnown = m.backlog !== null;
  valued('backlog', isKnown ? grouped(m.backlog) : '–');
  if (m.oldest > 0) valued('oldest', ...age(m.oldest));
  else valued('oldest', '–');
  $('oldest-note').textContent = !isKnown ? 'not known yet' : m.oldest > 0 ? 'waits that long' : 'nothing waits';
  valued('files', rate(m.files_per_second));
  valued('bytes', rate(m.bytes_per_second / 1e6));
  valued('flight', grouped(m.in_flight), `of ${grouped(m.window)}`);
  $('backing-off').textContent = m.backing_off ? `${grouped(m.backing_off)} to retry` : '\u00a0';
  valued('window', grouped(m.window));
  $('window-reason').textContent = m.window_reason ? `changed: ${m.window_reason.replace('_', ' ')}` : '\u00a0';
  valued('retries', grouped(m.retries));
  valued('unknown', grouped(m.unknown));
  $('unknown-tile').className = m.unknown ? 'bad' : '';
  $('fates').replaceChildren(
    ...Object.entries(m.fates).map(([fate, n]) => {
      const tr = row(fate, grouped(n));
      tr.className = !n ? 'none' : fatesThatHurt.includes(fate) ? 'bad' : '';
      return tr;
    }),
  );
  $('whys').hidden = !m.reasons.length;
  $('why-rows').replaceChildren(...m.reasons.map((line) => row(line)));
  const [n, unit] = age(m.uptime);
  $('foot').textContent = `sluice ${past.version}, watched for ${n} ${unit}`;
  document.title = `${isKnown ? grouped(m.backlog) : '–'} · ${m.state} · sluice`;
  remember(m.at, m.point);
}
function errors(list) {
  $('no-errors').hidden = list.length > 0;
  $('error-rows').replaceChildren(
    ...list.map((e) => {
      const at = new Date(e.time),
        tr = row(at.toLocaleTimeString([], { hour12: false }), e.fate, e.file, e.error);
      tr.firstChild.title = at.toLocaleString();
      tr.children[2].className = 'file';
      return tr;
    }),
  );
}
const lost = () => state(silent, 'The page tries again by itself; the figures are the last it heard.');
function connect() {
  const source = new EventSource('/events');
  const on = (name, then) =>
    source.addEventListener(name, (e) => {
      heard = performance.now();
      then(JSON.parse(e.data));
    });
  on('history', (m) => {
    past = m;
    $('title').textContent = m.title;
  });
  on('now', now);
  on('errors', errors);
  source.onerror = () => {
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000); // the server had no room, and a browser gives up
  };
}
connect();
setInterval(() => {
  if (performance.now() - heard > 5000) lost();
}, 1000);
