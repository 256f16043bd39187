"""report.html: one file, no script, nothing from elsewhere."""
from html import escape

from . import figures
from .chart import bars

STYLE = '''
:root { color-scheme: light dark; --page: #fcfcfb; --ink: #1d1d1b; --soft: #5f5e5a; --line: #dddcd7; --accent: #0b6bcb; --peer: #a9a8a2;
  --good: #1a7f37; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --page: #171716; --ink: #ecebe6; --soft: #a5a49d; --line: #3a3936; --accent: #4ba0f4;
  --peer: #6f6e69; --good: #4cc26a; --bad: #ff8378; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.8rem 0 .2rem; font-size: 1.25rem; } h3 { margin: 1.3rem 0 .4rem; font-size: .95rem; }
p { margin: .2rem 0 .6rem; } .soft { color: var(--soft); } .bad { color: var(--bad); } .good { color: var(--good); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .3rem .45rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; } th { color: var(--soft); font-weight: 500; }
td.words { white-space: normal; text-align: left; } tr.sluice td { font-weight: 600; } tr.sluice td:first-child { color: var(--accent); }
.chart { display: grid; grid-template-columns: minmax(6rem, 13rem) 1fr minmax(3.5rem, auto); gap: .3rem .7rem; align-items: center;
  font-size: .85rem; } .chart b { color: var(--accent); } .chart span:nth-child(3n) { text-align: right; font-variant-numeric: tabular-nums; }
.chart svg { display: block; width: 100%; height: 18px; }
.bar-sluice { fill: var(--accent); } .bar-peer { fill: var(--peer); }
.bar-ceiling { fill: none; stroke: var(--soft); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.whisker { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; fill: none; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem; } dt { color: var(--soft); } dd { margin: 0; }
code { overflow-wrap: anywhere; } li { margin: .3rem 0; } .key { display: inline-block; width: .9em; height: .9em; vertical-align: -.1em; }
'''


def _table(section):
    head, *rows = figures.table(section)
    out = ['<div class="scroll"><table><tr>' + ''.join(f'<th>{escape(cell)}</th>' for cell in head) + '</tr>']
    for row, cells in zip(section.rows, rows):
        if len(cells) == 2:
            out.append(f'<tr><td>{escape(cells[0])}</td><td class="words bad" colspan="{len(head) - 1}">{escape(cells[1])}</td></tr>')
        else:
            out.append(f'<tr class="{row.kind}">' + ''.join(f'<td>{escape(cell)}</td>' for cell in cells) + '</tr>')
    return ''.join(out) + '</table></div>'


def _targets(judged):
    if not judged:
        return '<p class="soft">No target was measured.</p>'
    out = ['<div class="scroll"><table><tr><th>target</th><th></th><th>median</th><th>wanted</th><th>min-max</th></tr>']
    for each in judged:
        verdict = '<td class="good">✓ met</td>' if each.met else '<td class="bad">✗ missed</td>'
        out.append(f'<tr><td>{escape(each.text)}</td>{verdict}<td>{figures.number(each.median)}×</td>'
                   f'<td>{escape(each.goal)}</td><td>{figures.number(each.min)}-{figures.number(each.max)}</td></tr>')
    return ''.join(out) + '</table></div>'


def _section(section):
    out = [f'<h2 id="{section.name}">{escape(section.title)}</h2><p class="soft">{escape(section.note)}</p>']
    unit = 'files' if section.unit == 'file' else section.unit
    titles = {'rate': f'{unit} a second (more is better)', 'cpu_each': f'CPU µs for a {section.unit} (less is better)',
              'wall_each': f'wall µs for a {section.unit} (less is better)', 'rss': 'peak memory, MiB (less is better)'}
    for metric in section.charts:
        drawn = bars(section, metric)
        if drawn:
            out.append(f'<h3>{titles[metric]}{" — log scale" if drawn[1] else ""}</h3>{drawn[0]}')
    if section.rows:
        out.append('<h3>Figures</h3>' + _table(section))
    return ''.join(out) + ''.join(f'<p class="soft">{escape(note)}</p>' for note in section.notes)


def _facts(facts):
    return '<dl>' + ''.join(f'<dt>{escape(key)}</dt><dd>{escape(value)}</dd>' for key, value in facts.items()) + '</dl>'


def page(result, measured, judged):
    failed = ''.join(f'<p class="bad">Failed: {escape(line)}</p>' for line in result['failed'])
    return f'''<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>sluice: benchmark report</title><style>{STYLE}</style></head><body>
<h1>sluice: benchmark report</h1>
<p class="soft">{escape(result['began'])}; {result['rounds']} rounds; {result['took_s']:.0f} s</p>
{failed}<h2>Targets</h2>{_targets(judged)}
<p class="soft"><svg class="key" viewBox="0 0 10 10"><rect class="bar-sluice" width="10" height="10"/></svg> sluice
<svg class="key" viewBox="0 0 10 10"><rect class="bar-peer" width="10" height="10"/></svg> others
<svg class="key" viewBox="0 0 10 10"><rect class="bar-ceiling" x="1" y="1" width="8" height="8"/></svg> load generators without files: a ceiling.
Bars are medians, lines on them least and greatest.</p>
{''.join(_section(section) for section in measured)}
<h2>Machine</h2>{_facts(result['machine'])}
<h2>Versions</h2>{_facts(result['versions'])}
<h2>How it was measured</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in result['how'])}</ul>
<p><code>{escape(result['command'])}</code></p>
</body></html>
'''
