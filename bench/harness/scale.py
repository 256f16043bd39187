"""Whether a file costs more among many."""

import itertools
import os
import statistics
from dataclasses import replace

from .bench import Bench
from .clients import Sluice
from .figures import Row, Run, Section
from .spool import PER_FOLDER


def _mean(runs: list[Run]) -> Run:
    wall = statistics.fmean(run.wall for run in runs)
    cpu = statistics.fmean(run.cpu for run in runs)
    return replace(runs[0], seconds=wall, wall=wall, cpu=cpu, rss=max(run.rss for run in runs))


def scale(bench: Bench) -> Section:
    """Cost of a file among 1,000 and among many.

    The run over the many is stopped every second for runs over 1,000: what else the machine does, and
    how fast it is, changes within seconds and meets both. There are forty spools of 1,000: files that
    were just sent lie in the processor's caches, which has nothing to do with how many are sent. What
    every run pays once is measured as well and taken off both.
    """
    many, few, at_once = bench.extent.scale_files, PER_FOLDER, 16
    section = Section(
        'scale',
        f'1,000 files against {many:,}',
        f'Files of 1 kB in folders of 1,000. The run over {many:,} is stopped every second for a run '
        'over 1,000 others. The cost of a start, with a handshake for each of '
        f'{at_once} connections, is measured with {at_once} files and taken off.',
        charts=('cpu_each', 'wall_each'),
    )
    sluice = bench.clients['sluice']
    assert isinstance(sluice, Sluice)
    beside = sluice.elsewhere(os.path.join(bench.room, 'beside'))
    start = bench.spool('scale-start', at_once, (1000,))
    million = bench.spool('scale-many', many, (1000,), folders=True)
    thousands = [bench.spool(f'scale-few{i}', few, (1000,), folders=True) for i in range(40)]
    rows = {n: section.row(f'n{n}', f'{n:,} files', 'sluice') for n in (few, many)}
    starts: list[Run] = []

    for spool in (million, *thousands):  # a file's first reading marks its inode
        bench.run(
            Section('warm', '', ''), Row('', '', 'sluice'), sluice, bench.job(spool, sluice), 0
        )
    turn = itertools.cycle(thousands)

    for number in range(1, bench.extent.rounds + 1):
        scratch = Section('scale', '', '')
        fixed, short, long = (scratch.row(name) for name in ('start', 'thousand', 'many'))

        def both() -> None:
            turns = [(fixed, start), (short, next(turn))]
            for row, spool in turns if len(short.runs) % 2 else turns[::-1]:
                bench.run(scratch, row, beside, bench.job(spool, beside), number)

        bench.run(scratch, long, sluice, bench.job(million, sluice), number, meanwhile=both)
        if not (fixed.runs and short.runs and long.runs):
            rows[few].fail('a run failed, or the many were too few to be stopped')
            continue
        once = _mean(fixed.runs)
        starts.append(once)
        for n, run in ((few, _mean(short.runs)), (many, long.runs[0])):
            wall, cpu = run.seconds - once.seconds, run.cpu - once.cpu
            rows[n].runs.append(replace(run, work=n - at_once, seconds=wall, cpu=cpu))
    if starts:
        cpu, wall = (
            statistics.median(getattr(run, of) for run in starts) for of in ('cpu', 'seconds')
        )
        section.notes.append(
            f'a start costs {cpu * 1e3:.1f} ms CPU and {wall * 1e3:.1f} ms wall with {at_once} files'
        )
    return section
