"""What was measured, and the statistics of it."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypedDict

Kind = Literal['sluice', 'peer', 'ceiling', 'floor']
Metric = Literal['rate', 'cpu_each', 'rss', 'wall', 'wall_each']
METRICS: tuple[Metric, ...] = ('rate', 'cpu_each', 'rss', 'wall', 'wall_each')


class Spread(TypedDict):
    median: float
    min: float
    max: float


def spread(values: Iterable[float]) -> Spread | None:
    ordered = sorted(values)
    if not ordered:
        return None
    return {'median': statistics.median(ordered), 'min': ordered[0], 'max': ordered[-1]}


@dataclass
class Run:
    """One run in one round; `work` is files, or MiB where a section measures bytes."""

    round: int
    work: float
    seconds: float
    wall: float
    cpu: float
    rss: float
    files: int

    @property
    def rate(self) -> float:
        return self.work / self.seconds if self.seconds > 0 else 0

    @property
    def cpu_each(self) -> float:
        """Microseconds for a file, or for a MiB."""
        return self.cpu * 1e6 / self.work if self.work else 0

    @property
    def wall_each(self) -> float:
        return self.seconds * 1e6 / self.work if self.work else 0

    def value(self, metric: Metric) -> float:
        found: float = getattr(self, metric)
        return found

    def as_json(self) -> dict[str, float]:
        return {
            'round': self.round,
            'files': self.files,
            'work': self.work,
            'seconds': round(self.seconds, 6),
            'wall_s': round(self.wall, 6),
            'cpu_s': round(self.cpu, 6),
            'peak_mib': round(self.rss, 2),
        }


@dataclass
class Row:
    name: str
    label: str
    kind: Kind
    runs: list[Run] = field(default_factory=list)
    error: str = ''

    def fail(self, message: str) -> None:
        """A row with a failed run counts for nothing."""
        self.error = self.error or message
        self.runs.clear()

    def spread(self, metric: Metric) -> Spread | None:
        return spread(run.value(metric) for run in self.runs)


@dataclass
class Section:
    name: str
    title: str
    note: str
    unit: Literal['file', 'MiB'] = 'file'
    charts: tuple[Metric, ...] = ('rate', 'cpu_each', 'rss')
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counted: dict[str, list[float]] = field(default_factory=dict)

    @property
    def units(self) -> str:
        return 'files' if self.unit == 'file' else self.unit

    def row(self, name: str, label: str = '', kind: Kind = 'peer') -> Row:
        for found in self.rows:
            if found.name == name:
                return found
        self.rows.append(Row(name, label or name, kind))
        return self.rows[-1]

    def values(self, name: str, metric: Metric) -> dict[int, float]:
        """By round; none where there is no such row."""
        rows = [row for row in self.rows if row.name == name]
        return {run.round: run.value(metric) for row in rows for run in row.runs}

    def pairs(self, metric: Metric, over: str, under: str) -> list[float]:
        """Quotients of two rows, round by round."""
        a, b = self.values(over, metric), self.values(under, metric)
        return [a[i] / b[i] for i in sorted(a) if b.get(i)]

    def summary(self, row: Row) -> dict[str, Spread | None]:
        made: dict[str, Spread | None] = {metric: row.spread(metric) for metric in METRICS}
        if row.kind != 'sluice' and row.runs and self.values('sluice', 'rate'):
            made['rate_ratio'] = spread(self.pairs('rate', 'sluice', row.name))
            made['cpu_ratio'] = spread(self.pairs('cpu_each', row.name, 'sluice'))
        if row.kind in ('sluice', 'peer') and row.runs and self.values('floor', 'cpu_each'):
            made['floor_ratio'] = spread(self.pairs('cpu_each', row.name, 'floor'))
        return made

    def as_json(self) -> dict[str, object]:
        rows: list[dict[str, object]] = [
            {
                'name': row.name,
                'label': row.label,
                'kind': row.kind,
                'error': row.error or None,
                'runs': [run.as_json() for run in row.runs],
                **self.summary(row),
            }
            for row in self.rows
        ]
        return {
            'name': self.name,
            'title': self.title,
            'note': self.note,
            'unit': self.unit,
            'notes': self.notes,
            'counted': self.counted,
            'rows': rows,
        }


def number(value: float) -> str:
    if value >= 1000:
        return f'{value:,.0f}'
    if value >= 100:
        return f'{value:.0f}'
    if value >= 10:
        return f'{value:.1f}'
    return f'{value:.2f}' if value >= 0.1 else f'{value:.3g}'


def span(values: Spread) -> str:
    return f'{number(values["min"])}-{number(values["max"])}'


def table(section: Section) -> list[list[str]]:
    """The section's table as rows of text, the head first."""
    with_ratio = any('rate_ratio' in section.summary(row) for row in section.rows)
    head = ['', 'files', f'{section.units}/s', 'min-max', f'CPU µs/{section.unit}', 'min-max']
    head.append('peak MiB')
    if with_ratio:
        head += ['sluice/it: rate', 'min-max', 'it/sluice: CPU']
    with_floor = any('floor_ratio' in section.summary(row) for row in section.rows)
    if with_floor:
        head += ['it/floor: CPU']
    lines = [head]
    for row in section.rows:
        if row.error or not row.runs:
            lines.append([row.label, 'void: ' + (row.error or 'no run')])
            continue
        made = section.summary(row)
        cells = [row.label, f'{row.runs[0].files:,}']
        cells += [*_cells(made['rate']), *_cells(made['cpu_each']), _cells(made['rss'])[0]]
        if with_ratio:
            cells += [*_cells(made.get('rate_ratio')), _cells(made.get('cpu_ratio'))[0]]
        if with_floor:
            cells += [_cells(made.get('floor_ratio'))[0]]
        lines.append(cells)
    return lines


def _cells(values: Spread | None) -> tuple[str, str]:
    """The median, and least and greatest."""
    return (number(values['median']), span(values)) if values else ('', '')


def print_table(section: Section) -> None:
    lines = table(section)
    full = [line for line in lines if len(line) > 2]  # a void row has two cells
    widths = [max(len(line[i]) for line in full) for i in range(len(lines[0]))]
    widths[0] = max(len(line[0]) for line in lines)
    print(f'\n{section.title}')
    for label, *cells in lines:
        print('  ' + label.ljust(widths[0]), end='')
        if len(cells) == 1:
            print('  ' + cells[0])
        else:
            print(''.join('  ' + cell.rjust(width) for cell, width in zip(cells, widths[1:])))
    for note in section.notes:
        print(f'  {note}')
    print(flush=True)
