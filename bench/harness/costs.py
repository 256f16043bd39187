"""What is counted, not timed: system calls and allocations of a small file, and how soon one arrives."""

import os
import re
import subprocess
import time
from collections.abc import Callable

from . import process
from .bench import Bench
from .clients import PEERS, Client, Job
from .figures import Section
from .spool import SMALL, Spool, make_names

LESS, MORE = 2000, 6000  # files; the difference of two runs has nothing of their start


def _per_file(bench: Bench, spool: Spool, count: Callable[[list[str]], int]) -> float:
    sluice = bench.clients['sluice']
    counts = [count(sluice.argv(bench.job(spool, sluice, count=files))) for files in (LESS, MORE)]
    return (counts[1] - counts[0]) / (MORE - LESS)


def _system_calls(bench: Bench) -> Callable[[list[str]], int]:
    table = os.path.join(bench.room, 'calls')

    def count(argv: list[str]) -> int:
        process.say(['strace', '-f', '-c', '-o', table, *argv])
        with open(table) as text:
            lines = [line.split() for line in text]
        # The table has the calls of each name in its fourth column, and a total.
        return sum(
            int(cells[3])
            for cells in lines
            if len(cells) > 4 and cells[-1] != 'total' and cells[3].isdigit()
        )

    return count


def _allocations(bench: Bench) -> Callable[[list[str]], int]:
    counter = os.path.join(bench.room, 'count_allocations.so')
    source = os.path.join(PEERS, 'count_allocations.c')
    process.say(['gcc', '-O2', '-shared', '-fPIC', source, '-o', counter])

    def count(argv: list[str]) -> int:
        said = process.say(argv, env={**os.environ, 'LD_PRELOAD': counter})
        found = re.search(r'allocations: (\d+)', said)
        if not found:
            raise RuntimeError('the allocations were not counted: is the program static?')
        return int(found.group(1))

    return count


def _first_accepted(sluice: Client, job: Job) -> float:
    """Milliseconds from the start of the program until the first file is known to be stored."""
    argv = [*sluice.argv(job), '--joblog', '-']
    begin = time.monotonic()
    child = process.start(argv, subprocess.PIPE)
    assert child.stdout is not None
    line = child.stdout.readline()
    took = (time.monotonic() - begin) * 1e3
    process.end(child)
    if '"accepted"' not in line:
        raise RuntimeError(f'the first line is no accepted file: {line.strip()[:200]}')
    return took


def costs(bench: Bench) -> Section:
    many = bench.extent.scale_files
    section = Section(
        'costs',
        'what one small file costs, and how soon the first one arrives',
        f'Counted over the files between {LESS:,} and {MORE:,} of a run that keeps them. '
        f'The folder of {many:,} names is flat.',
    )
    small = bench.spool('small-costs', MORE, SMALL)
    for name, counter in (('calls', _system_calls), ('allocations', _allocations)):
        section.counted[name] = [_per_file(bench, small, counter(bench)) for _ in range(2)]
    if not bench.extent.quick:
        path = os.path.join(bench.room, 'spool-names')
        names = make_names(path, many)
        try:
            sluice = bench.clients['sluice']
            job = bench.job(names, sluice)
            _first_accepted(sluice, job)  # the folder is read from the disk once
            section.counted['first'] = [
                _first_accepted(sluice, job) for _ in range(bench.extent.rounds)
            ]
        finally:
            names.remove()
    return section
