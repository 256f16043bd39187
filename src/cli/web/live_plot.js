'use strict';
/* global Dygraph */
/* exported Plot, rate */
const $ = (id) => document.getElementById(id);
const grouped = (n) => Math.round(n).toLocaleString('en-US');
const rate = (n) => (n < 10 ? n.toFixed(1) : grouped(n));
const short = (n) =>
  n >= 1e6 ? +(n / 1e6).toPrecision(4) + 'M' : n >= 1e3 ? +(n / 1e3).toPrecision(4) + 'k' : '' + +n.toPrecision(4);
function age(s) {
  if (s < 60) return [Math.round(s), 's'];
  if (s < 3600) return [Math.floor(s / 60) + ':' + String(Math.floor(s % 60)).padStart(2, '0'), 'min'];
  if (s < 172800) return [Math.floor(s / 3600) + ':' + String(Math.floor((s / 60) % 60)).padStart(2, '0'), 'h'];
  return [Math.floor(s / 86400), 'days'];
}

// The library's legend writes style attributes, which the page's policy forbids. The figcaption has its words.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

const root = getComputedStyle(document.documentElement);
const colour = (name) => root.getPropertyValue(name).trim();
const least = 30_000; // ms; a zoom shows no less

// A plot is one line over the last minutes, in a box with a figcaption. All plots show the same minutes and zoom together.
class Plot {
  static all = [];

  constructor(name, line, tell) {
    this.box = $(`${name}-plot`);
    this.at = $(`${name}-at`);
    this.whole = $(`${name}-whole`);
    Object.assign(this, { line, tell, rows: [] });
    this.title = this.box.getAttribute('aria-label');
    this.whole.addEventListener('click', () => Plot.zoom(null));
    this.box.addEventListener('keydown', (e) => this.key(e));
    this.box.addEventListener('pointermove', (e) => this.touch(e));
    this.box.addEventListener('blur', () => this.chart?.clearSelection());
    new ResizeObserver(() => this.restyle()).observe(this.box);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.restyle());
    Plot.all.push(this);
  }

  // Each of the `points` is `step` ms after the one before, and the last is at `end`. A null is a gap.
  show(points, step, end) {
    const span = 60_000 * ([5, 15, 30, 60].find((m) => points.length * step <= m * 60_000) ?? 60);
    this.rows = points.map((v, i) => [new Date(end - (points.length - 1 - i) * step), v]);
    if (this.rows.length && +this.rows[0][0] > end - span) this.rows.unshift([new Date(end - span), null]);
    if (!this.rows.length) return;
    if (!this.chart) this.chart = new Dygraph(this.box, this.rows, { ...this.fixed(), ...this.style() });
    const [from] = this.chart.xAxisRange();
    const gone = this.chart.isZoomed('x') && from < +this.rows[0][0];
    this.chart.updateOptions({ file: this.rows, ...(gone ? { dateWindow: null } : {}) });
    if (gone) this.zoomed();
    const last = points[points.length - 1];
    this.box.setAttribute(
      'aria-label',
      `${this.title}, the last ${span / 60_000} minutes; now ${last == null ? 'nothing' : this.tell(last)}`,
    );
    if (this.seen !== undefined) this.look(this.row(this.seen));
  }

  fixed() {
    return {
      labels: ['time', this.title],
      fillGraph: true,
      fillAlpha: 0.13,
      strokeWidth: 2.2,
      includeZero: true,
      xRangePad: 0,
      axisLineColor: 'transparent',
      highlightCircleSize: 4,
      highlightCallback: (_, x) => this.point(x),
      unhighlightCallback: () => this.point(null),
      drawHighlightPointCallback: (chart, _, at, x, y, ink, radius) => this.mark(chart, at, x, y, ink, radius),
      zoomCallback: (from, to) => Plot.zoom(this.chart.isZoomed('x') ? [from, to] : null, this),
      interactionModel: Plot.hands(),
    };
  }

  // The page decides on colours and sizes.
  style() {
    const rem = parseFloat(root.fontSize);
    return {
      colors: [colour(this.line)],
      gridLineColor: colour('--line'),
      axisLabelFontSize: 0.78 * rem,
      rightGap: rem,
      axes: {
        x: { drawGrid: false, axisTickSize: 0.35 * rem, pixelsPerLabel: 5 * rem, axisLabelWidth: 4.5 * rem },
        y: { axisLabelFormatter: short, pixelsPerLabel: 2.6 * rem, axisLabelWidth: 3 * rem },
      },
    };
  }
  restyle() {
    if (!this.chart) return;
    this.chart.resize();
    this.chart.updateOptions(this.style());
  }

  // The library's handlers, except that one finger scrolls the page.
  static hands() {
    const { mousedown, dblclick, touchstart, touchmove, touchend } = Dygraph.defaultInteractionModel;
    const pinch = (then) => (e, chart, context) => {
      if (e.touches.length < 2 && !context.pinched) return;
      context.pinched = e.touches.length > 0;
      then(e, chart, context);
    };
    return {
      mousedown,
      willDestroyContextMyself: true,
      dblclick,
      touchstart: pinch(touchstart),
      touchmove: pinch(touchmove),
      touchend: pinch(touchend),
    };
  }
  touch(e) {
    if (e.pointerType === 'mouse' || !this.chart) return;
    this.look(this.row(this.chart.toDataXCoord(e.clientX - this.box.getBoundingClientRect().left)));
  }
  key(e) {
    if (!this.chart || e.ctrlKey || e.altKey || e.metaKey) return;
    const here = this.seen === undefined ? this.rows.length - 1 : this.row(this.seen);
    const does = {
      ArrowLeft: () => this.look(here - 1),
      ArrowRight: () => this.look(here + 1),
      Home: () => this.look(0),
      End: () => this.look(this.rows.length - 1),
      '+': () => this.closer(1 / 2),
      '-': () => this.closer(2),
      Escape: () => Plot.zoom(null),
    }[e.key];
    if (!does) return;
    e.preventDefault();
    this.at.setAttribute('aria-live', 'polite');
    does();
  }

  // The zoom keeps the chosen point in view, or else the middle.
  closer(times) {
    const [first, last] = this.chart.xAxisExtremes();
    const [from, to] = this.chart.xAxisRange();
    const width = Math.max((to - from) * times, least);
    if (width >= last - first) return Plot.zoom(null);
    const middle = this.seen ?? (from + to) / 2;
    const begin = Math.min(Math.max(middle - width / 2, first), last - width);
    return Plot.zoom([begin, begin + width]);
  }
  // `window` is [from, to] in ms, or null for all minutes. The plot `by` shows it already.
  static zoom(window, by) {
    for (const plot of Plot.all) {
      if (plot !== by && window) plot.chart?.updateOptions({ dateWindow: window });
      if (plot !== by && !window) plot.chart?.resetZoom();
      plot.zoomed();
    }
  }
  zoomed() {
    this.whole.hidden = !this.chart?.isZoomed();
  }

  // The row nearest to a time.
  row(x) {
    const after = this.rows.findIndex(([at]) => +at >= x);
    if (after < 0) return this.rows.length - 1;
    return after > 0 && x - this.rows[after - 1][0] < this.rows[after][0] - x ? after - 1 : after;
  }
  look(row) {
    const at = Math.min(Math.max(row, 0), this.rows.length - 1);
    this.chart.clearSelection();
    this.chart.setSelection(at);
    this.point(+this.rows[at][0]);
  }
  point(x) {
    this.seen = x ?? undefined;
    const v = x === null ? null : this.rows[this.row(x)][1];
    if (v === null) {
      this.at.textContent = '';
      return;
    }
    const [n, unit] = age((this.rows[this.rows.length - 1][0] - x) / 1000);
    const clock = new Date(x).toLocaleTimeString([], { hour12: false });
    this.at.textContent = `${this.tell(v)} at ${clock}, ${n} ${unit} ago`;
  }
  mark(chart, at, x, y, ink, radius) {
    const { y: top, h } = chart.getArea();
    at.strokeStyle = colour('--soft');
    at.lineWidth = 1;
    at.beginPath();
    at.moveTo(x, top);
    at.lineTo(x, top + h);
    at.stroke();
    at.fillStyle = ink;
    at.beginPath();
    at.arc(x, y, radius, 0, 2 * Math.PI);
    at.fill();
  }
}
