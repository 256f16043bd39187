"""Revision A against B.

A B B A in each round, so that a drift of the machine touches both alike.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from . import process
from .bench import Bench, Extent
from .cli import ROOT, Room, forget_surroundings, open_room
from .clients import Sluice
from .figures import Row, Run, Section, number
from .spool import IMAGES, SMALL


@dataclass(frozen=True)
class Options:
    extent: Extent
    revisions: list[str]
    small: bool


def options(arguments: Sequence[str]) -> Options:
    parse = argparse.ArgumentParser(
        prog='./dev bench compare',
        description='two revisions of sluice, in turn; . is the working tree',
    )
    add = parse.add_argument
    add('revisions', nargs=2, metavar='REV')
    add('--files', type=int, default=20000)
    add('--rounds', type=int, default=10, help='each has two pairs; default 10')
    add('--small', action='store_true', help='files of 1 to 3 kB instead of images')
    given = parse.parse_args(arguments)
    if given.files < 1 or given.rounds < 1:
        parse.error('--files and --rounds begin at 1')
    return Options(Extent(given.rounds, given.files), given.revisions, given.small)


def build(revision: str, room: str, trees: list[str]) -> str:
    """The program of a revision, built in a worktree of its own."""
    if revision == '.':
        program = os.path.join(ROOT, 'build/bench/sluice')
        if not os.access(program, os.X_OK):
            raise RuntimeError(f'no program {program} (./dev bench builds it)')
        return program
    git = ['git', '-C', ROOT]
    found = process.say([*git, 'rev-parse', '--verify', '--quiet', revision + '^{commit}'])
    commit = found.strip()
    tree = os.path.join(room, 'tree-' + commit)
    if tree not in trees:
        print(f'building {revision} ({commit[:10]})', flush=True)
        trees.append(tree)
        process.say([*git, 'worktree', 'add', '--detach', '--quiet', tree, commit])
        process.say(['cmake', '--preset', 'release'], cwd=tree)
        cmake = ['cmake', '--build', '--preset', 'release', '--target', 'sluice_program']
        process.say([*cmake, '--parallel', str(os.cpu_count())], cwd=tree)
    return os.path.join(tree, 'build/release/sluice')


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method='inclusive')
    return low, high


def measure(chosen: Options, room: Room, programs: Sequence[str]) -> None:
    extent = chosen.extent
    bench = Bench(extent, room.path, room.receiver, {})
    clients = [Sluice(program, room.path, room.receiver.ca) for program in programs]
    spool = bench.spool('compare', extent.files, SMALL if chosen.small else IMAGES)
    section = Section('compare', '', '')
    rows = [section.row(name) for name in 'AB']

    def once(which: int, row: Row) -> Run:
        if not bench.run(section, row, clients[which], bench.job(spool, clients[which]), 0):
            raise RuntimeError(row.error)
        return row.runs[-1]

    for which in (0, 1):
        once(which, Row('warm', 'warm', 'peer'))
    kind = 'small files' if chosen.small else 'images'
    print(f'A: {chosen.revisions[0]}   B: {chosen.revisions[1]}   {extent.files:,} {kind}')
    print('pair   A files/s   B files/s     B/A   A CPU µs   B CPU µs     B/A', flush=True)
    rates: list[float] = []
    costs: list[float] = []
    for i in range(2 * extent.rounds):
        first = i % 2
        runs = {which: once(which, rows[which]) for which in (first, 1 - first)}
        a, b = runs[0], runs[1]
        rates.append(b.rate / a.rate)
        costs.append(b.cpu_each / a.cpu_each)
        print(
            f'{i + 1:<4}  {a.rate:10,.0f}  {b.rate:10,.0f}  {rates[-1]:6.3f}'
            f'  {a.cpu_each:9.1f}  {b.cpu_each:9.1f}  {costs[-1]:6.3f}',
            flush=True,
        )
    for what, values, better in (('rate', rates, 'more'), ('CPU per file', costs, 'less')):
        low, high = quartiles(values)
        print(
            f'{what}, B/A ({better} is better): median {statistics.median(values):.3f},'
            f' quartiles {low:.3f}-{high:.3f}, min-max {min(values):.3f}-{max(values):.3f}'
        )
    a_peak, b_peak = (number(max(run.rss for run in row.runs)) for row in rows)
    print(f'peak MiB: A {a_peak}, B {b_peak}')


def main(arguments: Sequence[str]) -> int:
    forget_surroundings()
    chosen = options(arguments)
    trees: list[str] = []
    try:
        with open_room() as room:
            try:
                programs = [build(revision, room.path, trees) for revision in chosen.revisions]
                measure(chosen, room, programs)
            finally:
                for tree in trees:
                    subprocess.run(
                        ['git', '-C', ROOT, 'worktree', 'remove', '--force', tree],
                        stdin=subprocess.DEVNULL,
                        check=False,
                    )
    except (RuntimeError, OSError) as problem:
        print(f'compare: {problem}', file=sys.stderr)
        return 1
    return 0
