// The dashboard, the alerts and docs/status.md name metrics that /metrics has, and no others; and they parse.
// Usage: node check_monitoring.mjs ROOT STATUS_DEMO
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { parse } = await import('yaml').catch((error) => {
  console.error(`yaml is not installed in tests/interop (${error.code}): ./dev test runs npm ci`);
  process.exit(1);
});

const [root, demo] = process.argv.slice(2);
const text = (path) => readFileSync(join(root, path), 'utf8');
const namesIn = (s) => new Set(s.match(/\b(sluice|process)_[a-z_]+/g));

const metrics = execFileSync(demo, { input: 'metrics\nquit\n', encoding: 'utf8', timeout: 60_000 });
const families = new Set([...metrics.matchAll(/^# TYPE (\S+) /gm)].map((m) => m[1]));
const series = new Set([...metrics.matchAll(/^([a-z_]+)[{ ]/gm)].map((m) => m[1]));
const labels = new Set([...metrics.matchAll(/[{,]([a-z_]+)="/g)].map((m) => m[1]));
assert.ok(families.size > 20, `/metrics has ${families.size} families`);
for (const name of families) assert.match(name, /^(sluice|process)_/);
for (const [, name, type] of metrics.matchAll(/^# TYPE (\S+) (\S+)/gm))
  assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);

const exists = (where, s) => {
  const names = namesIn(s);
  for (const name of names) assert.ok(series.has(name), `${where}: there is no ${name}`);
  return names;
};

const alerts = parse(text('packaging/prometheus-alerts.yml'));
const rules = alerts.groups.flatMap((g) => g.rules);
assert.ok(rules.length >= 7);
for (const rule of rules) {
  for (const member of ['alert', 'expr', 'labels', 'annotations'])
    assert.ok(rule[member], `${rule.alert} has no ${member}`);
  exists(rule.alert, rule.expr);
}
assert.equal(new Set(rules.map((r) => r.alert)).size, rules.length, 'each alert has a name of its own');

const dashboard = JSON.parse(text('packaging/grafana-dashboard.json'));
const shown = new Set();
for (const panel of dashboard.panels)
  for (const target of panel.targets)
    for (const name of exists(panel.title, target.expr)) shown.add(name.replace(/_bucket$/, ''));
assert.equal(new Set(dashboard.panels.map((p) => p.id)).size, dashboard.panels.length);
for (const variable of dashboard.templating.list) exists(variable.name, JSON.stringify(variable.query));
for (const [, list] of JSON.stringify(dashboard).matchAll(/by \(([a-z, ]+)\)/g))
  for (const label of list.split(', ')) assert.ok(labels.has(label), `dashboard: there is no label ${label}`);
for (const name of families)
  if (name.startsWith('sluice_') && name !== 'sluice_build_info')
    assert.ok(shown.has(name), `dashboard: ${name} is not shown`);

// Each row of the table in the manual, and each family a row.
const documented = new Set(
  [...text('docs/status.md').matchAll(/^\| `((?:sluice|process)_[a-z_]+)/gm)].map((m) => m[1]),
);
for (const name of families) assert.ok(documented.has(name), `docs/status.md: ${name} is missing`);
for (const name of documented) assert.ok(families.has(name), `docs/status.md: there is no ${name}`);
console.log(`${families.size} metrics, ${rules.length} alerts, ${dashboard.panels.length} panels agree`);
