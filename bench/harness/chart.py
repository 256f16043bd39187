"""Bar charts: words as text that flows with the page, bars as SVG that stretches with it."""
import math
from html import escape

from .figures import number, spread

LOG_FROM = 30  # values further apart than this get a log scale


def bars(section, metric):
    """The chart and whether its scale is logarithmic; nothing where there is nothing to draw."""
    found = [(row, spread([getattr(run, metric) for run in row.runs])) for row in section.rows if row.runs]
    found = [(row, values) for row, values in found if values['median'] > 0]
    if not found:
        return None
    most = max(values['max'] for _, values in found)
    least = min(max(values['min'], values['median'] / 100) for _, values in found)
    log = most / least > LOG_FROM
    floor = 10 ** math.floor(math.log10(least)) if log else 0

    def x(value):
        if not log:
            return max(0.0, value / most * 990)
        return max(0.0, math.log(max(value, floor) / floor) / math.log(most / floor) * 990)

    out = []
    for row, values in found:
        middle, low, high = x(values['median']), x(values['min']), x(values['max'])
        label = f'<b>{escape(row.label)}</b>' if row.kind == 'sluice' else escape(row.label)
        whisker = '' if values['min'] == values['max'] else (
            f'<path class="whisker" d="M{low:.1f} 9H{high:.1f}M{low:.1f} 5V13M{high:.1f} 5V13"/>')
        out.append(
            f'<span>{label}</span><svg viewBox="0 0 1000 18" preserveAspectRatio="none" role="img" aria-label="{number(values["median"])}">'
            f'<rect class="bar-{row.kind}" x="1" y="2" width="{max(middle, 2):.1f}" height="14"/>{whisker}</svg>'
            f'<span>{number(values["median"])}</span>')
    return '<div class="chart">' + ''.join(out) + '</div>', log
