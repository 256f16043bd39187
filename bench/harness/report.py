"""A whole run as report.json and report.html: one file, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .chart import bars
from .figures import Kind, Metric, Section, number, span, table
from .targets import Target

HOW = (
    'The receiver is nginx with one worker, alone on the last core. It reads each body to its end '
    'and replies {"code":0}; TLS 1.3, ECDSA P-256, connections kept. What does not fit its 256 kB '
    'buffer it writes to memory (/dev/shm) where there is such a folder.',
    'Single-threaded clients have the first core; those with threads or processes may use all.',
    'In each round every client runs once, in turn, and the order moves on by one. Figures are '
    'medians of the rounds, with least and greatest; ratios are taken within a round, and then '
    'their median.',
    'A run counts only if the client ended well, all its replies were good, and the receiver '
    'counted at least as many requests as files.',
    'Rate is files (or MiB) by wall time of the whole process, its start included. CPU time is '
    'user and system; peak memory is that of the largest process. Slow clients get fewer files.',
    'wrk and h2load send one prepared body of the mean size again and again and read no files: '
    'they are a ceiling, not a rival.',
)

STYLE = '''
:root { color-scheme: light dark; --page: #fcfcfb; --ink: #1d1d1b; --soft: #5f5e5a; --line: #dddcd7;
  --accent: #0b6bcb; --peer: #a9a8a2; --good: #1a7f37; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --page: #171716; --ink: #ecebe6; --soft: #a5a49d;
  --line: #3a3936; --accent: #4ba0f4; --peer: #6f6e69; --good: #4cc26a; --bad: #ff8378; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 68rem; background: var(--page);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.8rem 0 .2rem; font-size: 1.25rem; }
h3 { margin: 1.3rem 0 .4rem; font-size: .95rem; }
p { margin: .2rem 0 .6rem; }
.soft { color: var(--soft); } .bad { color: var(--bad); } .good { color: var(--good); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums;
  width: 100%; }
th, td { padding: .3rem .45rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; }
th { color: var(--soft); font-weight: 500; }
td.words { white-space: normal; text-align: left; }
tr.sluice td { font-weight: 600; } tr.sluice td:first-child { color: var(--accent); }
.chart { display: grid; grid-template-columns: minmax(6rem, 13rem) 1fr minmax(3.5rem, auto);
  gap: .3rem .7rem; align-items: center; font-size: .85rem; }
.chart b { color: var(--accent); }
.chart span:nth-child(3n) { text-align: right; font-variant-numeric: tabular-nums; }
.chart svg { display: block; width: 100%; height: 18px; }
.bar-sluice { fill: var(--accent); } .bar-peer { fill: var(--peer); }
.bar-ceiling { fill: none; stroke: var(--soft); stroke-width: 1.5;
  vector-effect: non-scaling-stroke; }
.whisker { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; fill: none; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; }
code { overflow-wrap: anywhere; } li { margin: .3rem 0; }
.key { display: inline-block; width: .9em; height: .9em; vertical-align: -.1em; }
'''


@dataclass(frozen=True)
class Result:
    command: str
    began: str
    took_s: float
    rounds: int
    machine: dict[str, str]
    versions: dict[str, str]
    targets: list[Target]
    failed: list[str]
    sections: list[Section]

    def as_json(self) -> dict[str, object]:
        return {
            'command': self.command,
            'began': self.began,
            'took_s': self.took_s,
            'rounds': self.rounds,
            'machine': self.machine,
            'versions': self.versions,
            'how': HOW,
            'targets': [target.as_json() for target in self.targets],
            'failed': self.failed,
            'sections': [section.as_json() for section in self.sections],
        }


def _cells(cells: Sequence[str], tag: str) -> str:
    return ''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)


def _table(section: Section) -> str:
    head, *lines = table(section)
    out = [f'<div class="scroll"><table><tr>{_cells(head, "th")}</tr>']
    for row, cells in zip(section.rows, lines):
        if len(cells) == 2:
            label, words = escape(cells[0]), escape(cells[1])
            wide = f'<td class="words bad" colspan="{len(head) - 1}">{words}</td>'
            out.append(f'<tr><td>{label}</td>{wide}</tr>')
        else:
            out.append(f'<tr class="{row.kind}">{_cells(cells, "td")}</tr>')
    return ''.join(out) + '</table></div>'


def _targets(judged: Sequence[Target]) -> str:
    if not judged:
        return '<p class="soft">No target was measured.</p>'
    head = _cells(('target', '', 'median', 'wanted', 'min-max'), 'th')
    out = [f'<div class="scroll"><table><tr>{head}</tr>']
    for each in judged:
        verdict = '<td class="good">✓ met</td>' if each.met else '<td class="bad">✗ missed</td>'
        median = number(each.values['median']) + '×'
        figured = _cells((median, each.goal, span(each.values)), 'td')
        out.append(f'<tr><td>{escape(each.text)}</td>{verdict}{figured}</tr>')
    return ''.join(out) + '</table></div>'


def _section(section: Section) -> str:
    titles: dict[Metric, str] = {
        'rate': f'{section.units} a second (more is better)',
        'cpu_each': f'CPU µs for a {section.unit} (less is better)',
        'wall_each': f'wall µs for a {section.unit} (less is better)',
        'rss': 'peak memory, MiB (less is better)',
    }
    out = [f'<h2 id="{section.name}">{escape(section.title)}</h2>', _soft(section.note)]
    for metric in section.charts:
        drawn = bars(section, metric)
        if drawn:
            chart, log = drawn
            out.append(f'<h3>{titles[metric]}{" — log scale" if log else ""}</h3>{chart}')
    if section.rows:
        out.append('<h3>Figures</h3>' + _table(section))
    return ''.join(out) + ''.join(_soft(note) for note in section.notes)


def _soft(words: str) -> str:
    return f'<p class="soft">{escape(words)}</p>'


def _facts(facts: Mapping[str, str]) -> str:
    pairs = (f'<dt>{escape(key)}</dt><dd>{escape(value)}</dd>' for key, value in facts.items())
    return f'<dl>{"".join(pairs)}</dl>'


def _key(kind: Kind, rectangle: str) -> str:
    drawn = f'<rect class="bar-{kind}" {rectangle}/>'
    return f'<svg class="key" viewBox="0 0 10 10">{drawn}</svg>'


def page(result: Result) -> str:
    failed = ''.join(f'<p class="bad">Failed: {escape(line)}</p>' for line in result.failed)
    return f'''<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sluice: benchmark report</title><style>{STYLE}</style></head><body>
<h1>sluice: benchmark report</h1>
<p class="soft">{escape(result.began)}; {result.rounds} rounds; {result.took_s:.0f} s</p>
{failed}<h2>Targets</h2>{_targets(result.targets)}
<p class="soft">What is missed, and why: docs/performance.md.</p>
<p class="soft">{_key('sluice', 'width="10" height="10"')} sluice
{_key('peer', 'width="10" height="10"')} others
{_key('ceiling', 'x="1" y="1" width="8" height="8"')} load generators without files: a ceiling.
Bars are medians, lines on them least and greatest.</p>
{''.join(_section(section) for section in result.sections)}
<h2>Machine</h2>{_facts(result.machine)}
<h2>Versions</h2>{_facts(result.versions)}
<h2>How it was measured</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in HOW)}</ul>
<p><code>{escape(result.command)}</code></p>
</body></html>
'''
