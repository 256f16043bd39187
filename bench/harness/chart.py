"""Bar charts: words as text that flows with the page, bars as SVG that stretches with it."""

import math
from collections.abc import Callable
from html import escape

from .figures import Metric, Row, Section, Spread, number

LOG_FROM = 30  # values further apart than this get a log scale


def bars(section: Section, metric: Metric) -> tuple[str, bool] | None:
    """The chart and whether its scale is logarithmic; nothing where there is nothing to draw."""
    found: list[tuple[Row, Spread]] = []
    for row in section.rows:
        values = row.spread(metric)
        if values and values['median'] > 0:
            found.append((row, values))
    if not found:
        return None
    most = max(values['max'] for _, values in found)
    least = min(max(values['min'], values['median'] / 100) for _, values in found)
    log = most / least > LOG_FROM
    exponent = math.floor(math.log10(least))
    floor = 10.0**exponent

    def x(value: float) -> float:
        if not log:
            return max(0.0, value / most * 990)
        return max(0.0, math.log(max(value, floor) / floor) / math.log(most / floor) * 990)

    drawn = ''.join(_bar(row, values, x) for row, values in found)
    return f'<div class="chart">{drawn}</div>', log


def _bar(row: Row, values: Spread, x: Callable[[float], float]) -> str:
    middle, low, high = x(values['median']), x(values['min']), x(values['max'])
    label = escape(row.label)
    if row.kind == 'sluice':
        label = f'<b>{label}</b>'
    whisker = ''
    if values['min'] != values['max']:
        path = f'M{low:.1f} 9H{high:.1f}M{low:.1f} 5V13M{high:.1f} 5V13'
        whisker = f'<path class="whisker" d="{path}"/>'
    figure = number(values['median'])
    return (
        f'<span>{label}</span><svg viewBox="0 0 1000 18" preserveAspectRatio="none"'
        f' role="img" aria-label="{figure}"><rect class="bar-{row.kind}" x="1" y="2"'
        f' width="{max(middle, 2):.1f}" height="14"/>{whisker}</svg><span>{figure}</span>'
    )
