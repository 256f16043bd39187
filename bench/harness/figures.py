"""What was measured, and the statistics of it."""
import statistics
from dataclasses import dataclass, field


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
    def rate(self):
        return self.work / self.seconds if self.seconds > 0 else 0

    @property
    def cpu_each(self):
        """Microseconds for a file, or for a MiB."""
        return self.cpu * 1e6 / self.work if self.work else 0

    @property
    def wall_each(self):
        return self.seconds * 1e6 / self.work if self.work else 0


@dataclass
class Row:
    name: str
    label: str
    kind: str
    runs: list = field(default_factory=list)
    error: str = ''

    def fail(self, message):
        """A row with a failed run counts for nothing."""
        self.error = self.error or message
        self.runs.clear()


def spread(values):
    values = sorted(values)
    if not values:
        return None
    return {'median': statistics.median(values), 'min': values[0], 'max': values[-1]}


@dataclass
class Section:
    name: str
    title: str
    note: str
    unit: str = 'file'  # or MiB
    charts: tuple = ('rate', 'cpu_each', 'rss')
    rows: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def row(self, name, label=None, kind=None):
        for found in self.rows:
            if found.name == name:
                return found
        self.rows.append(Row(name, label or name, kind or 'peer'))
        return self.rows[-1]

    def get(self, name):
        return next((row for row in self.rows if row.name == name), Row(name, name, 'peer'))

    def values(self, name, metric):
        return {run.round: getattr(run, metric) for run in self.get(name).runs}

    def pairs(self, metric, over, under):
        """Quotients of two rows, round by round."""
        a, b = self.values(over, metric), self.values(under, metric)
        return [a[i] / b[i] for i in sorted(a) if b.get(i)]

    def summary(self, row):
        made = {metric: spread([getattr(run, metric) for run in row.runs]) for metric in ('rate', 'cpu_each', 'rss', 'wall', 'wall_each')}
        if row.kind != 'sluice' and row.runs and self.get('sluice').runs:
            made['rate_ratio'] = spread(self.pairs('rate', 'sluice', row.name))
            made['cpu_ratio'] = spread(self.pairs('cpu_each', row.name, 'sluice'))
        return made

    def as_json(self):
        return {'name': self.name, 'title': self.title, 'note': self.note, 'unit': self.unit, 'notes': self.notes,
                'rows': [{'name': row.name, 'label': row.label, 'kind': row.kind, 'error': row.error or None,
                          'runs': [{'round': r.round, 'files': r.files, 'work': r.work, 'seconds': round(r.seconds, 6),
                                    'wall_s': round(r.wall, 6), 'cpu_s': round(r.cpu, 6), 'peak_mib': round(r.rss, 2)}
                                   for r in row.runs],
                          **self.summary(row)} for row in self.rows]}


def number(value):
    if value is None:
        return '-'
    if value >= 1000:
        return f'{value:,.0f}'
    if value >= 100:
        return f'{value:.0f}'
    return f'{value:.1f}' if value >= 10 else f'{value:.2f}' if value >= 0.1 else f'{value:.3g}'


def table(section):
    """The section's table as rows of text, the head first."""
    with_ratio = any('rate_ratio' in section.summary(row) for row in section.rows)
    per = section.unit
    plural = 'files' if per == 'file' else per
    lines = [['', 'files', f'{plural}/s', 'min-max', f'CPU µs/{per}', 'min-max', 'peak MiB'] +
             (['sluice/it: rate', 'min-max', 'it/sluice: CPU'] if with_ratio else [])]
    for row in section.rows:
        if row.error or not row.runs:
            lines.append([row.label, 'void: ' + (row.error or 'no run')])
            continue
        made = section.summary(row)

        def span(metric):
            return f'{number(made[metric]["min"])}-{number(made[metric]["max"])}'
        cells = [row.label, f'{row.runs[0].files:,}',
                 number(made['rate']['median']), span('rate'), number(made['cpu_each']['median']), span('cpu_each'),
                 number(made['rss']['median'])]
        if with_ratio:
            if made.get('rate_ratio'):
                cells += [number(made['rate_ratio']['median']), span('rate_ratio'), number(made['cpu_ratio']['median'])]
            else:
                cells += ['', '', '']
        lines.append(cells)
    return lines


def print_table(section):
    lines = table(section)
    widths = [max((len(line[i]) for line in lines if i < len(line) and len(line) > 2), default=0) for i in range(len(lines[0]))]
    widths[0] = max(len(line[0]) for line in lines)
    print(f'\n{section.title}')
    for line in lines:
        if len(line) == 2:
            print('  ' + line[0].ljust(widths[0]) + '  ' + line[1])
        else:
            print('  ' + line[0].ljust(widths[0]) + ''.join('  ' + cell.rjust(width) for cell, width in zip(line[1:], widths[1:])))
    for note in section.notes:
        print(f'  {note}')
    print(flush=True)
