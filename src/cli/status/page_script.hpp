// The status page's script: numbers, plots, and the stream of events. Text from outside enters by textContent
// only.
#pragma once

namespace sluice::cli {

inline constexpr const char* plot_script = R"('use strict';
const $ = (id) => document.getElementById(id);
const grouped = (n) => Math.round(n).toLocaleString('en-US');
const rate = (n) => (n < 10 ? n.toFixed(1) : grouped(n));
const short = (n) => n >= 1e6 ? +(n / 1e6).toPrecision(4) + 'M' : n >= 1e3 ? +(n / 1e3).toPrecision(4) + 'k' : '' + +n.toPrecision(4);
function age(s) {
  if (s < 60) return [Math.round(s), 's'];
  if (s < 3600) return [Math.floor(s / 60) + ':' + String(Math.floor(s % 60)).padStart(2, '0'), 'min'];
  if (s < 172800) return [Math.floor(s / 3600) + ':' + String(Math.floor(s / 60 % 60)).padStart(2, '0'), 'h'];
  return [Math.floor(s / 86400), 'days'];
}
// Round numbers from 0 to beyond `most`, four to seven of them.
function ticks(most) {
  if (!(most > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = power * [1, 2, 5, 10].find((times) => most / (power * times) <= 6);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}
function drawn(kind, inside, attributes) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', kind);
  for (const name in attributes) e.setAttribute(name, attributes[name]);
  inside.append(e);
  return e;
}
// One line over the last minutes, drawn at the size the page gives it.
class Plot {
  constructor(id, look, style, tell) {
    Object.assign(this, { svg: $(id), at: $(look), style, tell, points: [] });
    new ResizeObserver(() => this.draw()).observe(this.svg);
    this.svg.addEventListener('pointermove', (e) => { this.x = e.offsetX; this.draw(); });
    this.svg.addEventListener('pointerleave', () => { this.x = undefined; this.draw(); });
  }
  show(points, step) { this.points = points; this.step = step; this.draw(); }
  draw() {
    const w = this.svg.clientWidth, h = this.svg.clientHeight, points = this.points;
    if (!w || !points.length) return;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const fit = [5, 15, 30, 60].find((m) => points.length * this.step <= m * 60) ?? 60;
    const span = fit * 60 / this.step, first = points.length - span;
    const ys = ticks(Math.max(0, ...points.slice(Math.max(0, first)).map((p) => p ?? 0)));
    const left = rem * (.9 + .48 * Math.max(...ys.map((y) => short(y).length))), right = w - rem * .5;
    const top = rem * .6, bottom = h - rem * 1.5;
    const x = (i) => right - (points.length - 1 - i) / (span - 1) * (right - left);
    const y = (v) => bottom - v / ys[ys.length - 1] * (bottom - top);
    this.svg.setAttribute('viewBox', `0 0 ${w} ${h}`);
    this.svg.replaceChildren();
    for (const v of ys) {
      drawn('path', this.svg, { class: 'grid', d: `M${left} ${y(v).toFixed(1)}H${right}` });
      drawn('text', this.svg, { x: left - rem * .4, y: y(v) + rem * .27, 'text-anchor': 'end' }).textContent = short(v);
    }
    const parts = w < 30 * rem ? 1 : { 5: 5, 15: 3, 30: 3, 60: 4 }[fit];
    for (let i = 0; i <= parts; ++i)
      drawn('text', this.svg, { class: 'soft', x: left + i / parts * (right - left), y: h - rem * .2,
        'text-anchor': i === 0 ? 'start' : i === parts ? 'end' : 'middle' }).textContent =
        i === parts ? 'now' : `−${fit - i * fit / parts} min`;
    let line = '', area = '', run = [];
    const end = () => {
      if (!run.length) return;
      const d = run.map((i) => `${x(i).toFixed(1)} ${y(points[i]).toFixed(1)}`);
      if (d.length === 1) d.push(d[0]);
      line += 'M' + d.join('L');
      area += `M${x(run[0]).toFixed(1)} ${bottom}L${d.join('L')}L${x(run[run.length - 1]).toFixed(1)} ${bottom}Z`;
      run = [];
    };
    for (let i = Math.max(0, Math.ceil(first)); i < points.length; ++i) points[i] == null ? end() : run.push(i);
    end();
    drawn('path', this.svg, { class: `area ${this.style}`, d: area });
    drawn('path', this.svg, { class: `line ${this.style}`, d: line, 'stroke-linecap': 'round' });
    this.point(x, y, left, right, top, bottom, span);
    const last = points[points.length - 1];
    this.svg.setAttribute('aria-label', `The last ${fit} minutes; now ${last == null ? 'nothing' : this.tell(last)}`);
  }
  point(x, y, left, right, top, bottom, span) {
    this.at.textContent = '';
    if (this.x === undefined) return;
    const i = Math.round(this.points.length - 1 - (right - this.x) / (right - left) * (span - 1)), v = this.points[i];
    if (v == null) return;
    drawn('path', this.svg, { class: 'pointer', d: `M${x(i)} ${top}V${bottom}` });
    drawn('circle', this.svg, { class: `dot ${this.style}`, cx: x(i), cy: y(v), r: 4 });
    const [n, unit] = age((this.points.length - 1 - i) * this.step);
    this.at.textContent = `${this.tell(v)}, ${n} ${unit} ago`;
  }
}
)";

inline constexpr const char* page_script = R"(
const words = { starting: 'starting', working: 'working', idle: 'idle', waiting: 'holding back', paused: 'paused',
  unreachable: 'endpoint unreachable', refused: 'endpoint refuses us', lost: 'no word from sluice' };
const bad = ['unreachable', 'refused'];
const fatesThatHurt = ['rejected', 'undeletable'];
const plots = [new Plot('rate-plot', 'rate-at', 'l0', (v) => rate(v) + '/s'),
  new Plot('backlog-plot', 'backlog-at', 'l1', (v) => grouped(v) + ' files')];
let past = { step: 5, most: 720, first: 0, points: [] }, heard = performance.now();

function state(name, reason) {
  $('state').dataset.state = name;
  if ($('state').textContent !== words[name]) $('state').textContent = words[name];
  $('reason').textContent = reason;
  $('reason').className = bad.includes(name) ? 'bad' : '';
  document.body.classList.toggle('lost', name === 'lost');
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
function remember(at, point) {
  if (at === null) return;
  while (past.first + past.points.length <= at) past.points.push(null);
  past.points[at - past.first] = point;
  while (past.points.length > past.most) past.points.shift(), ++past.first;
  plots.forEach((plot, i) => plot.show(past.points.map((p) => p && p[i * 2]), past.step));
}
function now(m) {
  state(m.state, m.reason || (m.only_rescans ? 'The kernel tells nothing of some directories: new files wait for the next walk.' : ''));
  valued('backlog', grouped(m.backlog));
  if (m.oldest > 0) valued('oldest', ...age(m.oldest));
  else valued('oldest', '–');
  $('oldest-note').textContent = m.oldest > 0 ? 'waits that long' : 'nothing waits';
  valued('files', rate(m.files_per_second));
  valued('bytes', rate(m.bytes_per_second / 1e6));
  valued('flight', grouped(m.in_flight), `of ${grouped(m.window)}`);
  $('backing-off').textContent = m.backing_off ? `${grouped(m.backing_off)} to retry` : '\u00a0';
  valued('window', grouped(m.window));
  $('window-reason').textContent = m.window_reason ? `changed: ${m.window_reason.replace('_', ' ')}` : '\u00a0';
  valued('retries', grouped(m.retries));
  valued('unknown', grouped(m.unknown));
  $('unknown-tile').className = m.unknown ? 'bad' : '';
  $('fates').replaceChildren(...Object.entries(m.fates).map(([fate, n]) => {
    const tr = row(fate, grouped(n));
    tr.className = !n ? 'none' : fatesThatHurt.includes(fate) ? 'bad' : '';
    return tr;
  }));
  const [n, unit] = age(m.uptime);
  $('foot').textContent = `sluice ${past.version}, watched for ${n} ${unit}`;
  document.title = `${grouped(m.backlog)} · ${words[m.state]} · sluice`;
  remember(m.at, m.point);
}
function errors(list) {
  $('no-errors').hidden = list.length > 0;
  $('error-rows').replaceChildren(...list.map((e) => {
    const at = new Date(e.time), tr = row(at.toLocaleTimeString([], { hour12: false }), e.fate, e.file, e.error);
    tr.firstChild.title = at.toLocaleString();
    tr.children[2].className = 'file';
    return tr;
  }));
}
const lost = () => state('lost', 'The page tries again by itself; the figures are the last it heard.');
function connect() {
  const source = new EventSource('/events');
  const on = (name, then) => source.addEventListener(name, (e) => { heard = performance.now(); then(JSON.parse(e.data)); });
  on('history', (m) => { past = m; $('title').textContent = m.title; });
  on('now', now);
  on('errors', errors);
  source.onerror = () => {
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);  // there was no room: a browser gives up
  };
}
connect();
setInterval(() => { if (performance.now() - heard > 5000) lost(); }, 1000);
)";

}  // namespace sluice::cli
