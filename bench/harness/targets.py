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

    def as_json(self) -> dict[str, object]:
        return {'text': self.text, 'goal': self.goal, **self.values, 'met': self.met}

    def line(self) -> str:
        verdict, median = 'met   ' if self.met else 'MISSED', number(self.values['median'])
        return f'{verdict}  {self.text}: {median}× ({span(self.values)}), target {self.goal}'


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
    Wanted('images', 'rate over wrk', 'rate', 'sluice', 'wrk', '≥', 1),
    Wanted('images', 'rate over the old script', 'rate', 'sluice', 'serial', '≥', 400),
    Wanted('small', 'rate over wrk', 'rate', 'sluice', 'wrk', '≥', 0.7),
    Wanted('large', 'CPU per byte over curl', 'cpu_each', 'sluice', 'curl', '≤', 0.7),
    Wanted('large', 'rate over curl', 'rate', 'sluice', 'curl', '≥', 1),
    Wanted('cold', 'wall time over warm', 'wall', 'sluice', 'warm', '≤', 1.5),
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
    if 'scale' in by_name and len(by_name['scale'].rows) > 1:
        found += _scale(by_name['scale'])
    return found
