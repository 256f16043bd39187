"""What sluice is to reach, and whether it did. The median decides."""
from dataclasses import asdict, dataclass

from .figures import number, spread


@dataclass
class Target:
    text: str
    goal: str
    median: float
    min: float
    max: float
    met: bool

    def as_json(self):
        return asdict(self)

    def line(self):
        return (f'{"met   " if self.met else "MISSED"}  {self.text}: {number(self.median)}× '
                f'({number(self.min)}-{number(self.max)}), target {self.goal}')


# section, what is said, metric, row above the line, row below it, comparison, goal
WANTED = (
    ('images', 'images: rate over curl -Z', 'rate', 'sluice', 'curl', '≥', 3),
    ('images', 'images: CPU per file, curl -Z over sluice', 'cpu_each', 'curl', 'sluice', '≥', 3.5),
    ('images', 'images: rate over wrk', 'rate', 'sluice', 'wrk', '≥', 1),
    ('images', 'images: rate over the old script', 'rate', 'sluice', 'serial', '≥', 400),
    ('small', 'small: rate over wrk', 'rate', 'sluice', 'wrk', '≥', 0.7),
    ('large', 'large: CPU per byte over curl', 'cpu_each', 'sluice', 'curl', '≤', 0.7),
    ('large', 'large: rate over curl', 'rate', 'sluice', 'curl', '≥', 1),
    ('cold', 'cold: wall time over warm', 'wall', 'sluice', 'warm', '≤', 1.5),
    ('deleting', 'deleting: wall time over keeping', 'wall', 'delete', 'sluice', '≤', 1.2),
)


def _scale(section):
    few, many = (row.name for row in section.rows[:2])
    for metric, what in (('cpu_each', 'CPU'), ('wall_each', 'wall time')):
        found = spread(section.pairs(metric, many, few))
        if found:
            yield Target(f'scale: {what} per file, many files over 1,000', '0.95-1.05', **found, met=0.95 <= found['median'] <= 1.05)


def judge(sections):
    """The targets that were measured."""
    by_name = {section.name: section for section in sections}
    found = []
    for name, text, metric, over, under, sign, goal in WANTED:
        if name not in by_name:
            continue
        values = spread(by_name[name].pairs(metric, over, under))
        if values:
            median = values['median']
            found.append(Target(text, f'{sign} {goal}', **values, met=median >= goal if sign == '≥' else median <= goal))
    if 'scale' in by_name and len(by_name['scale'].rows) > 1:
        found += _scale(by_name['scale'])
    return found
