"""A whole run as report.json and report.html: one file, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

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

HERE = Path(__file__).resolve().parent
WEB = HERE.parents[1] / 'src/cli/web'
STYLES = (WEB / 'colours.css', WEB / 'page.css', HERE / 'report.css')


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
            wide = f'<td class="words warn" colspan="{len(head) - 1}">{words}</td>'
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
        verdict = '<td class="good">✓ met</td>' if each.met else '<td class="warn">✗ missed</td>'
        median = number(each.values['median']) + each.unit
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


def _key(kind: Kind) -> str:
    return f'<span class="key bar-{kind}"></span>'


def page(result: Result) -> str:
    style = ''.join(path.read_text(encoding='utf-8') for path in STYLES)
    failed = ''.join(f'<p class="warn">Failed: {escape(line)}</p>' for line in result.failed)
    return f'''<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sluice: benchmark report</title><style>{style}</style></head><body>
<h1>sluice: benchmark report</h1>
<p class="soft">{escape(result.began)}; {result.rounds} rounds; {result.took_s:.0f} s</p>
{failed}<h2>Targets</h2>{_targets(result.targets)}
<p class="soft">What is missed, and why: docs/performance.md.</p>
<p class="soft">{_key('sluice')} sluice
{_key('peer')} others
{_key('ceiling')} bounds: load generators without files, and the floor, which does the same job and checks nothing.
Bars are medians, lines on them least and greatest.</p>
{''.join(_section(section) for section in result.sections)}
<h2>Machine</h2>{_facts(result.machine)}
<h2>Versions</h2>{_facts(result.versions)}
<h2>How it was measured</h2><ul>{''.join(f'<li>{escape(line)}</li>' for line in HOW)}</ul>
<p><code>{escape(result.command)}</code></p>
</body></html>
'''
