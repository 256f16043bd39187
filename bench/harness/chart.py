"""Bar charts: rows of words and bars. This module gives their lengths, report.css draws them."""

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
            return max(0.0, value / most * 100)
        return max(0.0, math.log(max(value, floor) / floor) / math.log(most / floor) * 100)

    drawn = ''.join(_bar(row, values, x) for row, values in found)
    return f'<div class="chart">{drawn}</div>', log


def _bar(row: Row, values: Spread, x: Callable[[float], float]) -> str:
    label = escape(row.label)
    if row.kind == 'sluice':
        label = f'<b>{label}</b>'
    low, middle, high = x(values['min']), x(values['median']), x(values['max'])
    lengths = f'--min:{low:.1f}%;--median:{middle:.1f}%;--max:{high:.1f}%'
    once = ' once' if low == high else ''
    figure = number(values['median'])
    return (
        f'<span>{label}</span><span class="bar bar-{row.kind}{once}" style="{lengths}"></span>'
        f'<span>{figure}</span>'
    )
