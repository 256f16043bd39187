"""What sluice is to reach, and whether it did. The median decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .figures import Metric, Section, Spread, number, span, spread


@dataclass
class Target:
    text: str
    goal: str
    values: Spread
    met: bool
    unit: str = '×'

    def as_json(self) -> dict[str, object]:
        return {'text': self.text, 'goal': self.goal, **self.values, 'met': self.met}

    def line(self) -> str:
        verdict, median = 'met   ' if self.met else 'MISSED', number(self.values['median'])
        return (
            f'{verdict}  {self.text}: {median}{self.unit} ({span(self.values)}), target {self.goal}'
        )


class Wanted(NamedTuple):
    section: str
    text: str
    metric: Metric
    over: str  # the row above the line
    under: str
    sign: Literal['≥', '≤']
    goal: float


WANTED = (
    Wanted('images', 'rate over curl -Z', 'rate', 'sluice', 'curl', '≥', 3),
    Wanted('images', 'CPU per file, curl -Z over sluice', 'cpu_each', 'curl', 'sluice', '≥', 3.5),
    Wanted('images', 'CPU per file over the floor', 'cpu_each', 'sluice', 'floor', '≤', 1.1),
    Wanted('images', 'rate over wrk', 'rate', 'sluice', 'wrk', '≥', 0.9),
    Wanted('images', 'rate over the old script', 'rate', 'sluice', 'serial', '≥', 400),
    Wanted('small', 'CPU per file over the floor', 'cpu_each', 'sluice', 'floor', '≤', 1.25),
    Wanted('small', 'rate over wrk', 'rate', 'sluice', 'wrk', '≥', 0.7),
    Wanted('large', 'CPU per byte over curl', 'cpu_each', 'sluice', 'curl', '≤', 0.7),
    Wanted('large', 'rate over curl', 'rate', 'sluice', 'curl', '≥', 1),
    Wanted('cold', 'wall time over warm', 'wall', 'sluice', 'warm', '≤', 1.4),
    Wanted('deleting', 'wall time over keeping, disk', 'wall', 'delete', 'sluice', '≤', 1.2),
    Wanted(
        'deleting', 'wall time over keeping, memory', 'wall', 'memory-delete', 'memory', '≤', 1.2
    ),
)


def _scale(section: Section) -> Iterator[Target]:
    few, many = section.rows[0].name, section.rows[-1].name
    measured: tuple[tuple[Metric, str], ...] = (('cpu_each', 'CPU'), ('wall_each', 'wall time'))
    for metric, what in measured:
        found = spread(section.pairs(metric, many, few))
        if found:
            text = f'scale: {what} per file, many files over 1,000'
            yield Target(text, '0.95-1.05', found, 0.95 <= found['median'] <= 1.05)


def _automatic(section: Section) -> Iterator[Target]:
    """The automatic window against the best fixed one of each round, case by case."""
    cases = {row.name.split()[0]: row.label.split(',')[0] for row in section.rows}
    for case, label in cases.items():
        auto = section.values(f'{case} auto', 'rate')
        names = [row.name for row in section.rows if row.name.split()[0] == case]
        fixed = [section.values(name, 'rate') for name in names if name != f'{case} auto']
        best = {i: max(rates.get(i, 0) for rates in fixed) for i in auto} if fixed else {}
        found = spread(auto[i] / best[i] for i in auto if best.get(i))
        if found:
            text = f'{section.name}: rate of -w auto over the best fixed window, {label}'
            yield Target(text, '≥ 0.95', found, found['median'] >= 0.95)


COUNTED = (
    ('calls', 'system calls of a small file that is kept', 7, ''),
    ('allocations', 'heap allocations of a small file', 15, ''),
    ('first', 'first file accepted after the start, folder of many names', 50, ' ms'),
)


def _counted(section: Section) -> Iterator[Target]:
    for name, text, goal, unit in COUNTED:
        found = spread(section.counted.get(name, ()))
        if found:
            met = found['median'] <= goal
            yield Target(f'costs: {text}', f'≤ {goal}', found, met, unit)


def judge(sections: Sequence[Section]) -> list[Target]:
    """The targets that were measured."""
    by_name = {section.name: section for section in sections}
    found = []
    for wanted in WANTED:
        if wanted.section not in by_name:
            continue
        pairs = by_name[wanted.section].pairs(wanted.metric, wanted.over, wanted.under)
        values = spread(pairs)
        if values:
            above, median = wanted.sign == '≥', values['median']
            met = median >= wanted.goal if above else median <= wanted.goal
            text, goal = f'{wanted.section}: {wanted.text}', f'{wanted.sign} {wanted.goal}'
            found.append(Target(text, goal, values, met))
    for name in ('window', 'auto'):
        if name in by_name:
            found += _automatic(by_name[name])
    if 'costs' in by_name:
        found += _counted(by_name['costs'])
    if 'scale' in by_name and len(by_name['scale'].rows) > 1:
        found += _scale(by_name['scale'])
    return found
